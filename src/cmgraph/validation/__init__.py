"""Data held against the shapes."""
