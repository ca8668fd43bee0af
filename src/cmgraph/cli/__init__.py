"""The command line, a file per room of the library."""
