"""A process that writes part of an export; see :mod:`cmgraph.export.jobs`."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

from cmgraph.export.jobs import run_worker


def main() -> None:
    """Read the input from the file named first, and write the answer to the file named second."""
    input_path, answer = map(Path, sys.argv[1:])
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        outcome, code = pickle.dumps(run_worker(pickle.loads(input_path.read_bytes()))), 0  # noqa: S301 - our own parent's
    except Exception as error:
        outcome, code = pickle.dumps(error), 1
    with suppress(FileNotFoundError):  # nobody waits for it any more
        answer.write_bytes(outcome)
    sys.exit(code)


def _end_with_parent() -> None:
    """End this process and all that it started when the other end of standard input is closed."""
    os.read(0, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
