"""Validation of data against SHACL shapes."""
