"""The graph as a service: SPARQL, linked data and an API over HTTP, and tools for agents; it is only read."""
