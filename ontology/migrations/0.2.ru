# From 0.1 to 0.2, of a file's statements, each in a named graph. Beside them stand the ontology's files of today in the
# graph <https://w3id.org/cmgraph/ontology>.
PREFIX bindingness: <https://w3id.org/cmgraph/vocab/bindingness/>
PREFIX cm: <https://w3id.org/cmgraph/def#>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX instrument-status: <https://w3id.org/cmgraph/vocab/instrument-status/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX sh: <http://www.w3.org/ns/shacl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>

# What says something of terms that went without a successor of their kind, and of prefixes.
DELETE { GRAPH ?graph { ?gone ?property ?value } }
WHERE {
  VALUES ?gone { cm:isReserved cm:requiresCitation bindingness:unknown instrument-status:unknown }
  GRAPH ?graph { ?gone ?property ?value }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
} ;
DELETE { GRAPH ?graph { ?prefix sh:prefix ?name ; sh:namespace ?space } }
WHERE {
  GRAPH ?graph { ?prefix sh:prefix ?name ; sh:namespace ?space }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology> && STRSTARTS(STR(?prefix), "https://w3id.org/cmgraph/prefix/"))
} ;

# What the shapes say themselves.
DELETE WHERE { GRAPH ?graph { ?class cm:requiresCitation ?value } } ;

# New names.
DELETE { GRAPH ?graph { ?old ?property ?value } }
INSERT { GRAPH ?graph { ?new ?property ?value } }
WHERE {
  GRAPH <https://w3id.org/cmgraph/ontology> { ?old dcterms:isReplacedBy ?new ; owl:versionInfo "0.2.0" }
  GRAPH ?graph { ?old ?property ?value }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
} ;
DELETE { GRAPH ?graph { ?thing ?old ?value } }
INSERT { GRAPH ?graph { ?thing ?new ?value } }
WHERE {
  GRAPH <https://w3id.org/cmgraph/ontology> { ?old dcterms:isReplacedBy ?new ; owl:versionInfo "0.2.0" }
  GRAPH ?graph { ?thing ?old ?value }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
} ;
DELETE { GRAPH ?graph { ?thing ?property ?old } }
INSERT { GRAPH ?graph { ?thing ?property ?new } }
WHERE {
  GRAPH <https://w3id.org/cmgraph/ontology> { ?old dcterms:isReplacedBy ?new ; owl:versionInfo "0.2.0" }
  GRAPH ?graph { ?thing ?property ?old }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
} ;

# A force presumed from the form of an instrument was told like one that a source states.
DELETE { GRAPH ?graph { ?assessment cm:hasBindingness bindingness:not-binding } }
INSERT { GRAPH ?graph { ?assessment cm:hasBindingness bindingness:presumed-not-binding } }
WHERE {
  GRAPH ?graph { ?assessment cm:hasBindingness bindingness:not-binding ; cm:hasBasis <https://w3id.org/cmgraph/vocab/basis/form-of-instrument> }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
} ;

# How a citation carries what cites it was not said.
INSERT { GRAPH ?graph { ?citation cm:hasSupport <https://w3id.org/cmgraph/vocab/support/record-as-a-whole> } }
WHERE {
  GRAPH ?graph { ?citation a cm:Citation }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
  FILTER NOT EXISTS { GRAPH ?graph { ?citation cm:hasSupport ?support } }
} ;

# What the ontology no longer says of its own terms: a domain that was too narrow, a note that a term is waiting for use.
DELETE { GRAPH ?graph { ?term ?property ?value } }
WHERE {
  VALUES ?property { rdfs:domain rdfs:range rdfs:subClassOf rdfs:subPropertyOf skos:editorialNote }
  GRAPH ?graph { ?term ?property ?value }
  FILTER(STRSTARTS(STR(?term), STR(cm:)) && (?property = skos:editorialNote || STRSTARTS(STR(?value), STR(cm:))))
  GRAPH <https://w3id.org/cmgraph/ontology> { ?term a ?kind }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
} ;

# What an export of 0.1 says of the ontology's own terms comes with the ontology of today.
DELETE { GRAPH ?graph { ?term ?property ?value } }
WHERE {
  GRAPH <https://w3id.org/cmgraph/ontology> { ?term ?property ?today }
  GRAPH ?graph { ?term ?property ?value }
  FILTER(?graph != <https://w3id.org/cmgraph/ontology>)
}
