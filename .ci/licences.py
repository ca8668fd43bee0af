#!/usr/bin/env python3
"""List the licence of everything that a project needs, and fail at one that is not permissive.

``.ci/licences.py [--except FILE] REQUIREMENT…`` looks at what is installed: each requirement, such as ``cmgraph`` or
``cmgraph[dev]``, and whatever that needs in turn. FILE names packages that may have another licence, and says why.
"""

from __future__ import annotations

import argparse
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import yaml
from license_expression import ExpressionError, get_spdx_licensing
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PERMISSIVE = frozenset(
    (
        *("0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC0-1.0", "HPND"),
        *("ISC", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "W3C", "W3C-20150513"),
        *("Zlib", "ZPL-2.1"),
    )
)
"""What may be used freely; the Mozilla licence asks for changes to its own files alone."""

SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD License": "BSD",
    "BSD-3-Clause license": "BSD-3-Clause",
    "Historical Permission Notice and Disclaimer (HPND)": "HPND",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "W3C License": "W3C",
}
"""What packages wrote before there were expressions."""


def needed(requirements: list[str]) -> dict[str, tuple[Distribution, str]]:
    """Find whatever the requirements need, here and now, each with what needs it."""
    packages: dict[str, tuple[Distribution, str]] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(text), "the command line") for text in requirements]
    while waiting:
        requirement, needed_by = waiting.pop()
        name = canonicalize_name(requirement.name)
        try:
            package = distribution(name)
        except PackageNotFoundError:
            sys.exit(f"licences: {name} is not installed; {needed_by} needs it")
        packages.setdefault(name, (package, needed_by))
        extras = {(name, extra) for extra in {"", *requirement.extras}} - seen
        seen |= extras
        waiting += [
            (further, name)
            for further in map(Requirement, package.requires or ())
            if any(further.marker is None or further.marker.evaluate({"extra": extra}) for _, extra in extras)
        ]
    return packages


def licence(package: Distribution) -> str:
    """Return what a package says its licence is, as an SPDX expression where that can be told."""
    metadata = package.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = [line.rpartition(" :: ")[2] for line in metadata.get_all("Classifier") or () if "License ::" in line]
    named = [name for name in classifiers if name != "OSI Approved"] or [(metadata.get("License") or "unknown").strip()]
    return " AND ".join(SPDX.get(name, name.splitlines()[0][:60]) for name in named)


def is_permissive(expression: str) -> bool:
    """Say whether one may do as a permissive licence allows, whichever part of an "or" is chosen."""
    licensing = get_spdx_licensing()
    try:
        tree = licensing.parse(expression)
    except ExpressionError:
        return expression in PERMISSIVE
    chosen = {name: licensing.TRUE if name.key in PERMISSIVE else licensing.FALSE for name in tree.symbols}
    return bool(tree.subs(chosen, simplify=True) == licensing.TRUE)


def main() -> None:
    """Print a line for each package; end with 1 if one has a licence that it may not have."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirements", nargs="+", metavar="REQUIREMENT")
    parser.add_argument("--except", dest="exceptions", type=Path, metavar="FILE")
    given = parser.parse_args()
    exceptions: dict[str, str] = yaml.safe_load(given.exceptions.read_text()) if given.exceptions else {}
    excused, refused = set(), False
    for name, (package, needed_by) in sorted(needed(given.requirements).items()):
        terms = licence(package)
        if is_permissive(terms):
            note = ""
        elif name in exceptions:
            note, excused = f" ({exceptions[name]})", excused | {name}
        else:
            note, refused = f" (REFUSED; needed by {needed_by})", True
        print(f"{name} {package.version}: {terms}{note}")
    if unused := exceptions.keys() - excused:
        sys.exit(f"licences: not needed, or permissive by now: {', '.join(sorted(unused))}")
    sys.exit(int(refused))


if __name__ == "__main__":
    main()
