"""Days in a text: years, months and days in English and French, and the words before them, such as since and until.

A day, month, quarter or year stands for the time from its first day to its last. ``since``, ``depuis``, ``after`` and
the like leave its end open, ``before``, ``until``, ``avant`` and the like its beginning; ``between … and …`` joins two.
"""

from __future__ import annotations

import datetime as dt
import re
from calendar import monthrange
from functools import cache
from typing import NamedTuple

from cmgraph.errors import CmgraphError
from cmgraph.names import normalize_name


class Time(NamedTuple):
    """A time that a text names: its first and last day, None where it is open, and the place of its words."""

    first: dt.date | None
    last: dt.date | None
    start: int
    end: int

    @property
    def year(self) -> int | None:
        """The year that it lies in, if it is one."""
        return self.last.year if self.first and self.last and self.first.year == self.last.year else None

    @property
    def is_day(self) -> bool:
        """Whether it is one day."""
        return self.first == self.last

    @property
    def is_short(self) -> bool:
        """Whether it is at most a year, or open at its beginning: its last day can stand for it."""
        return self.last is not None and (self.first is None or (self.last - self.first).days < 366)


@cache
def _months() -> dict[str, int]:
    """Return the months by their names in both languages, long and short, folded."""
    from babel import Locale

    names: dict[str, int] = {}
    for lang in ("en", "fr"):
        for width in ("wide", "abbreviated"):
            months = Locale(lang).months["format"][width]
            names |= {normalize_name(name): number for number, name in months.items()}
    return names | {"sept": 9}


_YEAR = r"(?P<{0}>(?:1[89]|20)\d\d)"
_BEFORE = {
    "since": r"since|from|starting|depuis|a partir d[eu]|des",
    "after": r"after|apres",
    "until": r"until|till|up to|by|through|jusqu ?en|jusqu ?au|jusqu ?a|d ?ici",
    "before": r"before|prior to|avant",
}
_QUARTERS = (
    r"q(?P<q>[1-4])|(?P<qth>first|second|third|fourth|premier|deuxieme|troisieme|quatrieme) (?:quarter|trimestre)"
)
_ORDINALS = ("first", "second", "third", "fourth", "premier", "deuxieme", "troisieme", "quatrieme")


@cache
def _pattern() -> re.Pattern[str]:
    month = "|".join(sorted(_months(), key=len, reverse=True))
    before = "|".join(f"(?P<{name}>{words})" for name, words in _BEFORE.items())
    day = r"(?P<{0}>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er)?"
    forms = (
        r"(?P<iso>(?:1[89]|20)\d\d (?:0[1-9]|1[0-2])(?: (?:0[1-9]|[12]\d|3[01]))?)(?! ?\d)",
        rf"{day.format('d1')} (?:of )?(?P<m1>{month}) {_YEAR.format('y1')}",
        rf"(?P<m2>{month}) {day.format('d2')} {_YEAR.format('y2')}",
        rf"(?P<m3>{month}) (?:of |de )?{_YEAR.format('y3')}",
        rf"(?:{_QUARTERS}) (?:of |de |d )?{_YEAR.format('y4')}",
        _YEAR.format("y5"),
    )
    article = r"(?:(?:the end of|end of|the|early|late|la fin de|fin|le|l annee|annee|year) )?"
    return re.compile(rf"\b(?:(?:{before}) )?{article}(?:{'|'.join(forms)})\b")


@cache
def _left_short() -> re.Pattern[str]:
    """Match a month or day that takes its year from what it is joined to: between january and march 2026."""
    month = "|".join(sorted(_months(), key=len, reverse=True))
    return re.compile(
        rf"\b(?:(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th|er)?(?: (?P<month>{month}))?|(?P<alone>{month})) "
        r"(?:and|et|to|until|till|through|a|au|jusqu ?en|jusqu ?au) $"
    )


_JOINED = re.compile(r" (?:and|et|to|until|through|till|a|au|jusqu ?en|jusqu ?au) | ")


def times_in(text: str) -> list[Time]:
    """Return the times that a folded text names, in their order.

    :raises CmgraphError: if it names a day that its month does not have.

    >>> [(str(time.first), str(time.last)) for time in times_in("between march 2021 and 3 may 2022 not since 2024")]
    [('2021-03-01', '2022-05-03'), ('2024-01-01', 'None')]
    >>> [(str(time.first), str(time.last)) for time in times_in("entre janvier et mars 2026")]
    [('2026-01-01', '2026-03-31')]
    """
    times: list[Time] = []
    joinable = False
    for match in _pattern().finditer(text):
        first, last = span = _span(match)
        if (earlier := _left_short().search(text[: _begins(match)])) and (begun := _completed(earlier, match, last)):
            times.append(Time(begun, last, earlier.start(), match.end()))
            continue
        relation = next((name for name in _BEFORE if match[name]), "")
        if (
            times
            and joinable
            and relation in ("", "until")
            and _JOINED.fullmatch(text[times[-1].end : match.start()] + (" " if relation else ""))
        ):
            times[-1] = times[-1]._replace(last=last, end=match.end())
            joinable = False
            continue
        opening = text[: match.start()].rstrip().endswith(("between", "entre", "du", "de")) or relation == "since"
        joinable = opening or _range_follows(text, match.end())
        day = dt.timedelta(1)
        bounds: dict[str, tuple[dt.date | None, dt.date | None]] = {
            "since": (first, None),
            "after": (last + day, None),
            "until": (None, last),
            "before": (None, first - day),
        }
        times.append(Time(*bounds.get(relation, span), match.start(), match.end()))
    return times


def _begins(match: re.Match[str]) -> int:
    """Return where the day or month itself begins, after the words before it; 0 if there is none."""
    return next((match.start(name) for name in ("d1", "m2", "m3") if match[name]), 0)


def _completed(short: re.Match[str], full: re.Match[str], last: dt.date) -> dt.date | None:
    """Return the first day of a shortened date, completed from the date it is joined to; None if that is no day."""
    named = short["month"] or short["alone"]
    if not (named or full["d1"]):
        return None
    parts = _months()[named] if named else last.month, int(short["day"] or 1)
    earlier_year = bool(named) and parts >= (last.month, last.day)
    try:
        first = dt.date(last.year - earlier_year, *parts)
    except ValueError:
        if named:
            raise _no_such_day(last.year - earlier_year, *parts) from None
        return None
    return first if first < last else None


def _no_such_day(*parts: int) -> CmgraphError:
    day = "-".join(f"{part:02}" for part in parts)
    return CmgraphError("there is no such day", where=day, hint="Ask for one that its month has.")


def _range_follows(text: str, place: int) -> bool:
    """Return whether a year follows at once, as in 2021-2023."""
    return re.match(r" (?:(?:to|a|au) )?(?:1[89]|20)\d\d\b", text[place:]) is not None


def _span(match: re.Match[str]) -> tuple[dt.date, dt.date]:
    """Return the first and last day of what is matched."""
    if match["iso"]:
        parts = [int(part) for part in match["iso"].split()]
    elif match["y4"]:
        quarter = int(match["q"]) if match["q"] else _ORDINALS.index(match["qth"]) % 4 + 1
        year = int(match["y4"])
        return dt.date(year, quarter * 3 - 2, 1), dt.date(year, quarter * 3, monthrange(year, quarter * 3)[1])
    else:
        n = next(n for n in "1235" if match[f"y{n}"])
        parts = [int(match[f"y{n}"])]
        parts += [_months()[match[f"m{n}"]]] if n in "123" else []
        parts += [int(match[f"d{n}"])] if n in "12" else []
    try:
        first = dt.date(*(*parts, 1, 1)[:3])
    except ValueError:
        raise _no_such_day(*parts) from None
    match len(parts):
        case 1:
            return first, dt.date(first.year, 12, 31)
        case 2:
            return first, first.replace(day=monthrange(first.year, first.month)[1])
    return first, first
