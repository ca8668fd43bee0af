"""Answers: rows with citations, things with their statements, and their output formats."""
