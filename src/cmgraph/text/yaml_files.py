"""YAML: read without its tags that make objects, by libyaml where PyYAML has it, which is ten times faster."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def parse_yaml(text: str) -> Any:
    """Return what a text says.

    :raises yaml.YAMLError: if it is no YAML.
    """
    import yaml

    return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def read_yaml(path: Path) -> Any:
    """Return what one of our own files says."""
    return parse_yaml(path.read_text(encoding="utf-8"))
