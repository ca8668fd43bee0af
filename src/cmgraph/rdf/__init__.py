"""RDF terms and RDF files."""
