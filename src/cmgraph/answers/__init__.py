"""What comes back: rows with citations, things with all that is said of them, and their written forms."""
