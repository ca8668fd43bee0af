"""RDF itself: terms, and the files that hold it."""
