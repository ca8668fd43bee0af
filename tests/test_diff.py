"""What changed between two versions: files, folders, exports, revisions; in words, as JSON, as a patch."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, serialize

import cmgraph
from cmgraph.diff import diff_versions
from cmgraph.errors import CmgraphError
from cmgraph.rdf.files import RdfFile
from conftest import Run


@pytest.fixture
def versions(untrusted_folder: Path, tmp_path: Path) -> tuple[Path, Path]:
    """Return two folders of data: in the second a pact has lost a party and another name."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        shutil.copytree(untrusted_folder / "data", folder / "data")
    path = new / "data/evil.ttl"
    text = path.read_text(encoding="utf-8").replace('"Late pact"', '"Later pact"')
    start = text.index("rel:late-canada")
    path.write_text(text[:start] + text[text.index(" .\n", start) + 3 :], encoding="utf-8")
    return old, new


@pytest.mark.gate
def test_a_difference_is_told_in_words_and_as_a_patch_that_makes_the_new_one(
    versions: tuple[Path, Path], bundled_graph: cmgraph.Graph, run: Run
) -> None:
    old, new = map(str, versions)
    changes, patch = diff_versions(bundled_graph, old, new)
    assert [(change.how, change.kind, change.thing.label) for change in changes] == [
        ("changed", "agreement", "Later pact"),
        ("removed", "participation", "Later pact – Government of Canada"),
    ]
    assert [(before, after) for _, before, after in changes[0].details] == [("Late pact", "Later pact")]
    lines = patch.splitlines()
    assert sum(line.startswith("A ") for line in lines) == 1 and sum(line.startswith("D ") for line in lines) == 7
    done = run("diff", old, new)
    assert done.returncode == 1 and "removed: 1 participation" in done.stdout
    assert run("diff", old, new, "-f", "patch").stdout == patch
    assert json.loads(run("diff", old, new, "-f", "json").stdout)[1]["how"] == "removed"
    assert "retiré : 1 participation" in run("diff", old, new, "--lang", "fr").stdout


@pytest.mark.gate
def test_the_same_is_the_same_whatever_form_it_comes_in(
    untrusted_folder: Path, untrusted_export: Path, bundled_graph: cmgraph.Graph, run: Run
) -> None:
    assert diff_versions(bundled_graph, str(untrusted_export), str(untrusted_export / "cmgraph.rdf")) == ((), "")
    done = run("diff", str(untrusted_folder), str(untrusted_folder))
    assert (done.returncode, done.stdout) == (0, "Nothing has changed.\n")


def test_a_revision_is_a_version_and_what_is_none_is_refused(
    versions: tuple[Path, Path], bundled_graph: cmgraph.Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "work"
    shutil.copytree(versions[0], work)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "old"]):
        subprocess.run([*git, *command], cwd=work, check=True)
    shutil.copy(versions[1] / "data/evil.ttl", work / "data/evil.ttl")
    monkeypatch.chdir(work)
    assert (
        diff_versions(bundled_graph, "HEAD", ".")[1]
        == diff_versions(bundled_graph, str(versions[0]), str(versions[1]))[1]
    )
    for wrong in ("nowhere", "--output=/tmp/x"):
        with pytest.raises(CmgraphError, match="not a file"):
            diff_versions(bundled_graph, wrong, ".")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CmgraphError, match="it contains no RDF"):
        diff_versions(bundled_graph, str(tmp_path / "empty"), ".")


ONE = "<a:one> <a:in> _:x ; <a:at> _:y . _:x <a:city> 'Attawapiskat' . _:y <a:city> 'Yellowknife' ; <a:zone> ( 1 1 ) ."


def test_labels_order_and_form_are_no_difference(tmp_path: Path, bundled_graph: cmgraph.Graph, run: Run) -> None:
    one, two, three = tmp_path / "one.ttl", tmp_path / "two.ttl", tmp_path / "three.RDF"
    one.write_text(ONE, encoding="utf-8")
    two.write_text(
        "<a:one> <a:at> [ <a:zone> ( 1 1 ) ; <a:city> 'Yellowknife' ] ; <a:in> _:y . _:y <a:city> 'Attawapiskat' .",
        encoding="utf-8",
    )
    one_read = RdfFile.read(one).triples
    three.write_bytes(serialize(one_read, format=RdfFormat.N_TRIPLES) or b"")
    three = three.rename(tmp_path / "three.NT")
    for other in (one, two, three):
        assert diff_versions(bundled_graph, str(one), str(other)) == ((), "")
    two.write_text(ONE.replace("Yellowknife", "Sǫ̀mbak’è"), encoding="utf-8")
    patch = diff_versions(bundled_graph, str(one), str(two))[1]
    assert "Attawapiskat" not in patch and "Yellowknife" in patch
    assert run("diff", str(one), str(one)).returncode == 0


def test_a_folder_is_compared_in_every_form(tmp_path: Path, bundled_graph: cmgraph.Graph) -> None:
    for name, text in (("old/a.TTL", "<a:a> <a:b> 1 ."), ("new/a.nq", '<a:a> <a:b> "1" <g:g> .'), ("new/b.md", "x")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert len(diff_versions(bundled_graph, str(tmp_path / "old"), str(tmp_path / "new"))[1].splitlines()) == 2
