"""Questions in plain words: which saved question they ask, and with which values."""
