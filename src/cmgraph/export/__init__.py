"""The graph as files for others: RDF, tables, networks, a site."""
