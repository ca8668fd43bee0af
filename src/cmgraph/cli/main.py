"""The command line: each command makes one call of the library and prints what comes back."""

from __future__ import annotations

import codecs
import io
import os
import signal
import sys
from contextlib import suppress
from typing import Any, NoReturn

import click

from cmgraph.cli.language import language_of, speak, told
from cmgraph.errors import CmgraphError, Phrase, QueryStopped, say, together
from cmgraph.text.i18n import in_language

REPORT = "https://w3id.org/cmgraph/"
"""Where bugs are reported."""

_CLOSED = {"stdin": ("r", os.O_WRONLY), "stdout": ("w", os.O_RDONLY), "stderr": ("w", os.O_WRONLY)}
"""What stands for a stream that is closed: one whose use is an error, but for stderr, which goes nowhere."""

_escaped: list[str] = []
"""What could not be written in the encoding of the output."""


def main() -> None:
    """Run ``cmgraph``.

    Exit codes: 0 fine, 1 findings, 2 could not run, 3 no such name, 4 the endpoint failed, 5 stopped by its limits,
    130 stopped by Ctrl-C; 141, as shells count the signal, if the reader of a pipe left.
    """
    _read_arguments_as_utf8()
    _open_streams()
    sys.unraisablehook = _pass_over_ends
    options: dict[str, Any] = {}
    try:
        exit_code = _run(options)
    except BrokenPipeError:
        _die_of_broken_pipe()
    if _escaped:
        encoding = say(
            "{count} characters that {encoding} lacks are written as \\uXXXX; set PYTHONIOENCODING=utf-8 to keep them",
            count=len(_escaped),
            encoding=sys.stdout.encoding,
        )
        _say(encoding)
    sys.exit(exit_code)


def _run(options: dict[str, Any]) -> int:
    """Run the command that the arguments name, say on stderr what went wrong, and return the exit code.

    :param options: takes the options of the graph.
    :raises BrokenPipeError: if the reader of a pipe left.
    """
    try:
        exit_code = _invoke(options)
        sys.stdout.flush()
        return exit_code
    except CmgraphError as error:
        _say(told(error))
        return error.exit_code
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.ClickException as error:
        _say(say("cmgraph: {problem}", problem=error.format_message()))
        if isinstance(error, click.UsageError) and error.ctx is not None:
            _say(say("  Try: {command} --help", command=error.ctx.command_path))
        return error.exit_code if error.exit_code != 1 else CmgraphError.exit_code
    except (click.Abort, EOFError, KeyboardInterrupt):
        _say(say("cmgraph: stopped"))
        return 130
    except MemoryError:
        _say(say("cmgraph: out of memory\n  Ask for less."))
        return QueryStopped.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_output()
        _say(_of_system(error))
        return CmgraphError.exit_code
    except Exception as error:
        if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
            _say(say("cmgraph: a word of the command is not UTF-8\n  Write it in UTF-8."))
            return CmgraphError.exit_code
        verbose = options.get("verbose")
        if verbose:
            import traceback

            _say(traceback.format_exc().rstrip())
        problem = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        bug = say(
            "cmgraph: a bug in cmgraph itself: {problem}\n  Please report it, with the command, at {address}",
            problem=problem,
            address=REPORT,
        )
        _say(together((bug, "." if verbose else say("; -v says where it is."))))
        return CmgraphError.exit_code


def _invoke(options: dict[str, Any]) -> int:
    from click.shell_completion import shell_complete

    from cmgraph.cli.commands import cmgraph

    if instruction := os.environ.get("_CMGRAPH_COMPLETE"):
        return shell_complete(cmgraph, {}, "cmgraph", "_CMGRAPH_COMPLETE", instruction)
    speak(cmgraph, language_of(sys.argv[1:]))
    with cmgraph.make_context("cmgraph", sys.argv[1:], obj=options) as ctx:
        return cmgraph.invoke(ctx) or 0


def _read_arguments_as_utf8() -> None:
    """Begin again in UTF-8 where a locale such as C makes Python read the arguments in another way."""
    foreign = sys.getfilesystemencoding() != "utf-8" and not all(word.isascii() for word in sys.argv)
    if foreign:
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])  # noqa: S606


def _open_streams() -> None:
    """Put something in the place of streams that are closed, and write characters that an encoding lacks as \\u…."""
    for name, (mode, flags) in _CLOSED.items():
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))
    codecs.register_error("cmgraph", _escape)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="cmgraph")


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Write what an encoding lacks as JSON would."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    _escaped.extend(lacking)
    units = lacking.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    return "".join(f"\\u{unit}" for unit in units), error.end


def _pass_over_ends(trouble: sys.UnraisableHookArgs) -> None:
    """Pass over a file that cannot be closed when it is thrown away: what failed before is told already."""
    if not isinstance(trouble.exc_value, OSError):
        sys.__unraisablehook__(trouble)


def _of_system(error: OSError) -> Phrase:
    place = error.filename or say("standard input or output")
    return say("cmgraph: {place}: {problem}", place=place, problem=error.strerror or error)


def _say(text: str) -> None:
    with suppress(OSError):
        click.echo(in_language(text, language_of(sys.argv[1:])), err=True)


def _discard_output() -> None:
    """Lead what is still to be written nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _die_of_broken_pipe() -> NoReturn:
    """End as programs do whose reader leaves: of SIGPIPE, which shells count as 141."""
    _discard_output()
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGPIPE)
    sys.exit(141)
