"""What the program says and how it is written: messages in both languages, cells, templates."""
