"""Backends: a graph in memory, on disk or on a server; and the protection from unsafe queries."""
