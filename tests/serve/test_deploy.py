"""The examples of deploy/, read by the programs that they are for."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import ROOT
from serving import serving

DEPLOY = ROOT / "deploy"


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@needs("systemd-analyze")
def test_the_unit_is_valid_and_keeps_the_server_to_itself(tmp_path: Path) -> None:
    unit = tmp_path / "cmgraph@.service"
    written = (DEPLOY / unit.name).read_text(encoding="utf-8")
    unit.write_text(written.replace("/opt/cmgraph/bin/cmgraph", sys.executable), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    secure = ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit]
    done = subprocess.run(secure, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@needs("caddy")
def test_caddy_takes_its_file() -> None:
    check = ["caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def nginx(folder: Path, port: int, *servers: int) -> Iterator[None]:
    """Start nginx with the example, the ports and the certificate replaced."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=example.org", "-days", "1"]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("127.0.0.1:8001", f"127.0.0.1:{servers[0]}"),
        ("127.0.0.1:8002", f"127.0.0.1:{servers[1]}"),
        ("/etc/ssl/certs/example.org.pem", str(certificate)),
        ("/etc/ssl/private/example.org.key", str(key)),
    ):
        assert old in site
        site = site.replace(old, new)
    (folder / "site.conf").write_text(site, encoding="utf-8")
    kept = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = (
        f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {kept} include {folder}/site.conf; }}"
    )
    (folder / "nginx.conf").write_text(whole, encoding="utf-8")
    command = ["nginx", "-p", folder, "-c", folder / "nginx.conf", "-g", "daemon off; master_process off;"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        for _ in range(100):
            if running.poll() is not None:
                assert running.stderr is not None
                pytest.fail(running.stderr.read())
            try:
                socket.create_connection(("127.0.0.1", port), 0.1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield
    finally:
        running.terminate()
        running.wait()
        assert running.stderr is not None
        running.stderr.close()


@pytest.mark.gate
@needs("nginx")
def test_behind_nginx_two_servers_answer_as_one(untrusted_folder: Path, tmp_path: Path) -> None:
    port, context = free_port(), ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    def get(path: str, **headers: str) -> tuple[int, bytes]:
        sent = {"Host": "example.org", **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = urllib.request.Request(f"https://127.0.0.1:{port}{path}", headers=sent)
        try:
            with urllib.request.urlopen(request, context=context, timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    options = ("--data", str(untrusted_folder), "--public-url", "https://example.org/minerals/", "--behind-proxy")
    with serving(*options, "--per-minute", "120") as one, serving(*options, "--per-minute", "120") as two:
        ports = (int(server.address.rstrip("/").rpartition(":")[2]) for server in (one, two))
        with nginx(tmp_path, port, *ports):
            status, body = get("/minerals/api/search?q=european%20union")
            assert status == 200 and json.loads(body)["results"]
            assert b'href="../../assets/style.css"' in get("/minerals/id/agent/european-union.html")[1]
            assert (
                get("/minerals/id/agent/european-union", accept="text/html")[0] == 200
            )  # it was led on, and got there
            assert b"https://example.org/minerals/sparql" in get("/minerals/sparql", accept="text/turtle")[1]
            assert get("/minerals/metrics")[0] == 404 and get("/elsewhere")[0] == 404
            statuses = [get("/minerals/assets/style.css", x_forwarded_for=f"192.0.2.{n}")[0] for n in range(60)]
            assert 429 in statuses  # whatever a client says of itself
            two.process.kill()
            two.process.wait()
            time.sleep(2)
            assert get("/minerals/healthz")[0] == 200  # the other one answers
