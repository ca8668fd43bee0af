"""Spreadsheets turned into statements by templates."""
