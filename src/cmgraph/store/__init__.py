"""Where a graph lies and is asked: in memory, on disk, on a server; and what guards it from what is asked."""
