"""Saved questions: what a `.rq` file asks, takes and gives."""
