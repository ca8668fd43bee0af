"""What is to be said beside an answer: how a name was understood, what may be missing."""

from __future__ import annotations

import logging


class Notices(logging.Handler):
    """Keeps the warnings of the program while it answers."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def __enter__(self) -> Notices:
        logging.getLogger("cmgraph").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger("cmgraph").removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is said."""
        self.texts.append(record.getMessage())
