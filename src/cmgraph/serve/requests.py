"""What a request carries: its parameters and its body, read with care."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from cmgraph.serve.limits import BODY, HEAD
from cmgraph.serve.problems import Problem

_FIELDS = 100
"""Parameters that a request may have."""


def parameters(request: Request) -> dict[str, list[str]]:
    """Return the parameters in the address, each with its values.

    :raises Problem: if they are not UTF-8, or too many.
    """
    return parse_fields(request.scope["query_string"])


def parse_fields(written: bytes) -> dict[str, list[str]]:
    """Read parameters as an address or a form has them, see :func:`parameters`."""
    fields: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(written.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
    except UnicodeError:
        raise Problem("the parameters are not UTF-8, each byte written as %XX") from None
    except ValueError:
        raise Problem(f"there are more than {_FIELDS} parameters") from None
    for name, value in pairs:
        fields.setdefault(name, []).append(value)
    return fields


def one(fields: Mapping[str, list[str]], name: str, default: str = "") -> str:
    """Return the value of a parameter that may be given once.

    :raises Problem: if it is given more often.
    """
    values = fields.get(name, [default])
    if len(values) > 1:
        raise Problem(f"'{name}' is given {len(values)} times", hint="Give it once.")
    return values[0]


def number(fields: Mapping[str, list[str]], name: str, default: int, most: int, least: int = 0) -> int:
    """Return a whole number within bounds.

    :raises Problem: if it is something else.
    """
    text = one(fields, name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise Problem(f"'{name}' is not a whole number from {least} to {most:,}")
    return int(text)


def refuse_others(fields: Mapping[str, list[str]], known: tuple[str, ...]) -> None:
    """Refuse parameters that have no effect.

    :raises Problem: if there is one.
    """
    if unknown := sorted(fields.keys() - set(known)):
        raise Problem(f"there is no parameter '{unknown[0]}' here", hint=f"There are: {', '.join(known)}.")


async def read_body(request: Request) -> bytes:
    """Return the body of a request.

    :raises Problem: if it is too large, or too slow.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(HEAD):
            async for chunk in request.stream():
                body += chunk
                if len(body) > BODY:
                    raise Problem(f"the request has more than {BODY:,} bytes", 413)
    except TimeoutError:
        raise Problem("the request came too slowly", 408) from None
    except ClientDisconnect:
        raise Problem("the request broke off") from None
    return bytes(body)
