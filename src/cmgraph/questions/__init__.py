"""Saved questions: `.rq` files with their parameters and columns."""
