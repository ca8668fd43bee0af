"""Content negotiation: what of what there is a client likes best."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_QUALITY = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")


def best_media_type(accept: str, offered: Sequence[str]) -> str | None:
    """Return the media type that an Accept header likes best, the first of equals; None if it accepts none.

    >>> best_media_type("text/*;q=0.5, application/json", ["text/csv", "application/json"])
    'application/json'
    """
    ranges = list(_preferences(accept))
    if not ranges:
        return offered[0]

    def quality(media_type: str) -> float:
        kind = media_type.partition("/")[0]
        for name in (media_type, f"{kind}/*", "*/*"):  # the most precise range counts
            if found := [q for given, q in ranges if given == name]:
                return max(found)
        return 0.0

    best = max(offered, key=quality)
    return best if quality(best) > 0 else None


def best_language(accept_language: str, offered: Sequence[str]) -> str:
    """Return the language that an Accept-Language header likes best; the first one if it likes none."""
    ranges = list(_preferences(accept_language))

    def quality(language: str) -> float:
        found = [q for given, q in ranges if given.partition("-")[0] == language]
        return max(found or [q for given, q in ranges if given == "*"], default=0.0)

    return max(offered, key=quality)


def _preferences(header: str) -> Iterator[tuple[str, float]]:
    """Yield what a header names, with its quality; what is not written as it should be is passed over."""
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        quality = next((p.removeprefix("q=").strip() for p in parameters if p.startswith("q=")), "1")
        if name and _QUALITY.fullmatch(quality):
            yield name, float(quality)
