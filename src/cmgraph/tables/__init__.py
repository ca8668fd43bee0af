"""Spreadsheets in, graph out: templates, and tables read by them."""
