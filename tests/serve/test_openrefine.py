"""A spreadsheet in a real OpenRefine is lined up with the graph, and gets columns from it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from cmgraph.graph import Graph
from serving import Server, serving

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(shutil.which("openrefine") is None, reason="OpenRefine is not installed"),
]

NAMES = {
    "European Investment Bank": "id/agent/european-investment-bank",
    "Banque européenne d'investissement": "id/agent/european-investment-bank",
    "Government of Japan": "id/agent/government-of-japan",
    "Natural Resources Canada": "id/agent/nrcan-rncan",
    "Glencore plc": "id/agent/glencore-plc",
    "International Energy Agency": "id/agent/international-energy-agency",
    "EUROPEAN UNION": "id/agent/european-union",
    "Gouvernement du Canada": "id/agent/government-of-canada",
    "Rio Tinto": "id/agent/rio-tinto",
    "Glencoer": "id/agent/glencore-plc",
}
"""Names as a spreadsheet has them, and what each means; the last one has a slip, which is proposed only."""


class OpenRefine:
    """OpenRefine, as its own page talks to it."""

    def __init__(self, address: str) -> None:
        self.address = address

    def ask(self, command: str, form: dict[str, str] | None = None, **query: str) -> Any:
        at = f"{self.address}command/core/{command}?{urlencode(query)}"
        with urllib.request.urlopen(at, urlencode(form).encode() if form is not None else None, timeout=60) as answer:
            return json.load(answer)

    def tell(self, command: str, project: str, **form: object) -> None:
        """Have something done, and return when it is."""
        token = self.ask("get-csrf-token")["token"]
        texts = {name: one if isinstance(one, str) else json.dumps(one) for name, one in form.items()}
        said = self.ask(command, texts, project=project, csrf_token=token)
        assert said["code"] in ("ok", "pending"), said
        end = time.monotonic() + 120
        while self.ask("get-processes", project=project)["processes"]:
            assert time.monotonic() < end, "OpenRefine did not come to an end"
            time.sleep(0.2)

    def open(self, text: str) -> str:
        """Make a project of a file, and return its number."""
        token = self.ask("get-csrf-token")["token"]
        options = json.dumps({"separator": "\t", "headerLines": 1})
        parts = {"project-name": "names", "format": "text/line-based/*sv", "options": options}
        body = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items()
        )
        body += '--x\r\nContent-Disposition: form-data; name="project-file"; filename="names.tsv"\r\n'
        body += f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n--x--\r\n"
        request = urllib.request.Request(
            f"{self.address}command/core/create-project-from-upload?csrf_token={token}",
            body.encode(),
            {"Content-Type": "multipart/form-data; boundary=x"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return parse_qs(urlsplit(answer.url).query)["project"][0]

    def rows(self, project: str) -> tuple[list[list[Any]], dict[str, Any]]:
        """Return the cells of each row, and what they were lined up with."""
        said = self.ask("get-rows", {"engine": "{}"}, project=project, start="0", limit="50")
        pool = said.get("pool", {}).get("recons", {})
        return [row["cells"] for row in said["rows"]], pool


@pytest.fixture(scope="module")
def openrefine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenRefine]:
    """Start it at a port that is free."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    folder = tmp_path_factory.mktemp("openrefine")
    options = ["-i", "127.0.0.1", "-p", port, "-m", "512M", "-d", str(folder), "-x", "refine.headless=true"]
    environment = {**os.environ, "HOME": str(folder)}
    with Path(folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["openrefine", *options], stdout=log, stderr=log, start_new_session=True, env=environment
        )
    try:
        running = OpenRefine(f"http://127.0.0.1:{port}/")
        for _ in range(240):
            try:
                running.ask("get-version")
                break
            except OSError:
                assert process.poll() is None, Path(folder / "log").read_text()
                time.sleep(0.25)
        yield running
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def server(bundled_graph: Graph) -> Iterator[Server]:
    """Serve the bundled graph."""
    with serving() as running:
        yield running


def test_ten_names_are_lined_up_and_get_columns(openrefine: OpenRefine, server: Server) -> None:
    project = openrefine.open("name\n" + "\n".join(NAMES) + "\n")
    manifest = json.loads(server.get("/reconcile").body)
    service = {name: manifest[name] for name in ("identifierSpace", "schemaSpace")}
    at = server.address + "reconcile"
    config = {
        "mode": "standard-service",
        "service": at,
        **service,
        "type": {"id": "cm:Agent", "name": "actor"},
        "autoMatch": True,
        "columnDetails": [],
        "limit": 0,
    }
    openrefine.tell("reconcile", project, columnName="name", config=config, engine={})
    rows, recons = openrefine.rows(project)
    assert [row[0]["v"] for row in rows] == [*NAMES]
    for row, expected in zip(rows, NAMES.values(), strict=True):
        recon = recons[str(row[0]["r"])]
        sure = row[0]["v"] != "Glencoer"
        assert recon["j"] == ("matched" if sure else "none"), (row, recon)
        assert (recon["m"] if sure else recon["c"][0])["id"] == expected

    extension = {"properties": [{"id": "cm:hasBodyKind", "name": "kind"}, {"id": "skos:prefLabel", "name": "label"}]}
    openrefine.tell(
        "extend-data",
        project,
        baseColumnName="name",
        endpoint=at,
        **service,
        extension=extension,
        columnInsertIndex="1",
        engine={},
    )
    rows, recons = openrefine.rows(project)
    union = next(row for row in rows if row[0] and row[0]["v"] == "EUROPEAN UNION")
    assert union[1]["v"] == "supranational union" and union[2]["v"] == "European Union"
    assert recons[str(union[1]["r"])]["m"]["id"] == "vocab/body-kind/supranational-union"
