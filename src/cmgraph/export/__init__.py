"""The graph as files that others rely on."""
