"""The command line: each command makes one call of the library and prints what comes back."""

from __future__ import annotations

import os
import sys

import click

from cmgraph.errors import CmgraphError


def main() -> None:
    """Run ``cmgraph``.

    Exit codes: 0 fine, 1 findings, 2 could not run, 3 no such name, 4 the endpoint failed, 5 stopped by its limits,
    130 stopped by Ctrl-C.
    """
    from cmgraph.cli.commands import cmgraph

    try:
        sys.exit(cmgraph.main(prog_name="cmgraph", standalone_mode=False) or 0)
    except CmgraphError as error:
        _say(f"cmgraph: {error}")
        sys.exit(error.exit_code)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        _say(f"cmgraph: {error.format_message()}")
        if isinstance(error, click.UsageError) and error.ctx is not None:
            _say(f"  Try: {error.ctx.command_path} --help")
        sys.exit(error.exit_code if error.exit_code != 1 else 2)
    except (click.Abort, KeyboardInterrupt):
        _say("cmgraph: stopped")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _say(text: str) -> None:
    click.echo(text, err=True)
