"""The bytes of a file as a parser needs them: decompressed, as UTF-8, without a byte-order mark."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from cmgraph.errors import CmgraphError

COMPRESSIONS = (".gz", ".bz2", ".zst")
"""Endings of compressed files, after the ending of the format."""

UNPACKED = 4 << 30
"""The most bytes to which a compressed file may unpack."""

_MARKS = {
    codecs.BOM_UTF8: "UTF-8",
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
    b"<\0": "UTF-16-LE",
    b"\0<": "UTF-16-BE",
}
"""Byte-order marks and other beginnings by encoding, the longest first."""

_DECLARED = re.compile(r"""\A\s*<\?xml\b[^>]*?\sencoding\s*=\s*["']([\w.:-]+)["']""")


@contextmanager
def open_unpacked(path: Path, *, xml: bool = False) -> Iterator[IO[bytes]]:
    """Open a file for reading, decompressed and without a byte-order mark.

    :param xml: it may say how it is encoded, and is handed out as UTF-8.
    :raises CmgraphError: if it is a folder, a pipe or a device, damaged, or too large once unpacked.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise CmgraphError("this is a folder, not a file", where=str(path), hint="Name the files in it.")
        if not stat.S_ISREG(mode):
            hint = "Save what it gives to a file first."
            raise CmgraphError("this is a pipe or a device, not a file", where=str(path), hint=hint)
        with _decompressed(path) as packed:
            file = cast(io.BufferedReader, io.BufferedReader(_Bounded(packed, path), 1 << 16))
            beginning = file.peek(4)[:4]
            mark = next((mark for mark in _MARKS if beginning.startswith(mark)), b"")
            encoding = _MARKS.get(mark, "UTF-8")
            if mark == codecs.BOM_UTF8:
                file.read(len(mark))
            if xml:
                yield _as_utf8(file, encoding, path)
            elif encoding == "UTF-8":
                yield file
            else:
                hint = "Save it again with the encoding UTF-8."
                raise CmgraphError(f"the file is {encoding[:6]}, not UTF-8", where=str(path), hint=hint)
    except FileNotFoundError:
        raise CmgraphError("no such file", where=str(path), hint="Check the path.") from None
    except UnicodeDecodeError as error:
        hint = "Save it again with the encoding UTF-8, and declare that."
        raise CmgraphError(f"the file is not {error.encoding}", where=str(path), hint=hint) from None
    except _damage() as error:
        hint = "Fetch or pack it again."
        raise CmgraphError(f"the file is damaged or cut off: {error}", where=str(path), hint=hint) from None
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        raise CmgraphError(f"cannot be read: {getattr(error, 'strerror', '') or error}", where=str(path)) from None


def _decompressed(path: Path) -> IO[bytes]:
    match path.suffix.lower():
        case ".gz":
            return gzip.open(path)  # type: ignore[return-value]
        case ".bz2":
            return bz2.open(path)
        case ".zst":
            return _zstd(path).ZstdFile(path)  # type: ignore[no-any-return]
    return path.open("rb")


def _zstd(path: Path) -> Any:
    """Return the standard library's module, or what stands in for it before Python 3.14."""
    from importlib import import_module

    for name in ("compression.zstd", "backports.zstd"):
        with suppress(ImportError):
            return import_module(name)
    hint = "pip install 'cmgraph[zstd]', or unpack it first: unzstd FILE"
    raise CmgraphError("Python cannot unpack .zst by itself", where=str(path), hint=hint)


def _damage() -> tuple[type[Exception], ...]:
    """Return the errors that decompression raises on damaged files."""
    import sys
    import zlib

    loaded = (sys.modules.get(name) for name in ("compression.zstd", "backports.zstd"))
    return (EOFError, gzip.BadGzipFile, zlib.error, *(module.ZstdError for module in loaded if module is not None))


class _Bounded(io.RawIOBase):
    """The unpacked content of a file, unless it is too large."""

    def __init__(self, packed: IO[bytes], path: Path) -> None:
        self._packed, self._path, self._read = packed, path, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._packed.read(len(buffer))
        buffer[: len(block)] = block
        self._read += len(block)
        if self._read > UNPACKED and self._path.suffix.lower() in COMPRESSIONS:
            problem = f"it unpacks to more than {UNPACKED >> 30} GiB"
            raise CmgraphError(problem, where=str(self._path), hint="Unpack it yourself if you trust it.")
        return len(block)


def _as_utf8(file: io.BufferedReader, encoding: str, path: Path) -> IO[bytes]:
    """Yield XML as UTF-8, whatever its encoding."""
    beginning = file.peek(1024)[:1024].decode(encoding, "ignore")
    declared = _DECLARED.match(beginning)
    if declared and encoding == "UTF-8":
        encoding = declared[1]
    if encoding.upper() in ("UTF-8", "UTF8"):
        return file
    try:
        text_encoding = codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        text_encoding = False
    if not text_encoding or encoding.upper().replace("-", "_").startswith(("UTF_7", "UTF7", "IDNA", "PUNYCODE")):
        hint = "Save it again with the encoding UTF-8, and declare that."
        raise CmgraphError(f"XML is not read in the encoding '{encoding}'", where=str(path), hint=hint)
    return io.BufferedReader(
        _Recoded(io.TextIOWrapper(file, encoding, newline=""), len(declared[0]) if declared else 0)
    )


class _Recoded(io.RawIOBase):
    """Text as bytes in UTF-8, without the other encoding in the declaration at its beginning."""

    def __init__(self, text: io.TextIOWrapper, declaration: int) -> None:
        self._text, beginning = text, text.read(declaration)
        self._waiting = re.sub(r"(\sencoding\s*=\s*[\"'])[\w.:-]+", r"\1UTF-8", beginning).encode()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._waiting = self._waiting or self._text.read(1 << 16).encode()
        block, self._waiting = self._waiting[: len(buffer)], self._waiting[len(buffer) :]
        buffer[: len(block)] = block
        return len(block)
