"""Files and folders appear whole or not at all, and only what a killed process of ours left is cleaned up."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cmgraph.atomic import atomic_file, atomic_folder
from cmgraph.errors import CmgraphError

WRITER = """
import sys, time
from pathlib import Path
from cmgraph.atomic import {kind}
with {kind}(Path(sys.argv[1])) as new:
    if new.is_dir():
        new = new / "file"
    with new.open("w") as file:
        for number in range(200):
            file.write("new\\n" * 100)
            file.flush()
            time.sleep(0.001)
"""


def test_a_failed_writing_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_file(path) as new:
        new.write_text("half")
        raise ZeroDivisionError
    assert [p.name for p in tmp_path.iterdir()] == ["file"] and path.read_text() == "old"


def test_a_link_is_followed_and_permissions_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)
    with atomic_file(link) as new:
        new.write_text("new")
    assert link.is_symlink() and path.read_text() == "new" and path.stat().st_mode & 0o777 == 0o640


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    with atomic_file(pipe) as new:
        new.write_bytes(b"new")
    reader.join()
    assert pipe.is_fifo() and received == [b"new"]


@pytest.mark.gate
@pytest.mark.parametrize("kind", ["atomic_file", "atomic_folder"])
def test_killed_at_any_moment_the_old_or_the_new_is_there_and_the_next_cleans_up(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "target"
    file = path if kind == "atomic_file" else path / "file"
    file.parent.mkdir(exist_ok=True)
    file.write_text("old")
    (tmp_path / ".cmgraph-mine").mkdir()
    for tenth in range(1, 8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER.format(kind=kind), str(path)])
        time.sleep(tenth / 10)
        writer.kill()
        writer.wait()
        assert file.read_text() in ("old", "new\n" * 20_000)
    with (atomic_file if kind == "atomic_file" else atomic_folder)(path) as new:
        (new if kind == "atomic_file" else new / "file").write_text("last")
    assert sorted(p.name for p in tmp_path.iterdir()) == [".cmgraph-mine", "target"] and file.read_text() == "last"


def test_a_folder_is_there_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "target"
    path.mkdir()
    missing: list[bool] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            missing.append(not path.is_dir())

    watcher = threading.Thread(target=watch)
    watcher.start()
    for _ in range(200):
        with atomic_folder(path):
            pass
    done.set()
    watcher.join()
    assert len(missing) > 100 and not any(missing)


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with atomic_file(path) as first, atomic_file(path) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first" and [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CmgraphError, match="this is a folder"), atomic_file(tmp_path):
        pass
