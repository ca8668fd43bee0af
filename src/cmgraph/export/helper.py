"""A process that helps with an export, see :mod:`cmgraph.export.work`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from cmgraph.export.work import help_out


def main() -> None:
    """Do what the file named first tells, and leave the answer in the file named second."""
    told, answer = map(Path, sys.argv[1:])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        outcome, code = pickle.dumps(help_out(pickle.loads(told.read_bytes()))), 0  # noqa: S301 - our own parent's
    except Exception as error:
        outcome, code = pickle.dumps(error), 1
    with suppress(FileNotFoundError):  # nobody waits for it any more
        answer.write_bytes(outcome)
    sys.exit(code)


def _end_with_parent() -> None:
    """End this process and all that it started when nobody holds the other end of standard input any more."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
