"""A ledger by a file that plain tools read: nothing is lost on the way, and nothing bad comes in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gzip
import hashlib
import io
import json
import os
import tarfile

import pytest

from tests.conftest import Mould
from tests.sync.conftest import Clone, begin_clone

PLAN = """\
---
goal: It parses.
acceptance_criteria:
  - {id: ac-0001, text: It parses., mandatory: true}
todos:
  - {id: plan-todo-0001, text: Write it., mandatory: true, validation_hint: pytest -q}
files: [src/parser.py]
test_commands: [pytest -q]
expected_outputs: [exit 0]
---
# Plan

A body with *marks*, a trailing blank line and an umlaut: ü.
"""


def exported(clone: Clone, path: Path, *args: str) -> Any:
    return clone("export", str(path), *args, "--json").json["result"]


def imported(clone: Clone, path: Path, *args: str) -> Any:
    return clone("import", str(path), *args, "--json").json["result"]


def make_source(path: Path) -> None:
    """A ledger with something of everything that taskledger's export lost: todos, requirements, handed over texts, claims."""
    a = begin_clone(path / "a")
    a("init")
    a("task", "create", "Rewrite the parser", "--slug", "parser", "--description", "In one pass.", "--label", "core")
    a("task", "create", "Second", "--slug", "second")
    a("require", "add", "second", "--task", "parser")
    a("require", "waive", "second", "--task", "parser", "--reason", "Not needed.", "--actor", "user")
    a("plan", "start", "--task", "parser")
    a("question", "add", "--text", "Which?", "--task", "parser")
    a("question", "answer", "q-0001", "--text", "This.", "--task", "parser")
    (path / "PLAN").mkdir()
    (path / "PLAN" / "plan.md").write_text(PLAN)
    a("plan", "upsert", "--from-answers", "--file", str(path / "PLAN" / "plan.md"), "--task", "parser")
    a("plan", "accept", "--version", "1", "--note", "Ready.", "--allow-lint-errors", "--task", "parser")
    a("implement", "start", "--task", "parser")
    a("implement", "change", "--path", "src/parser.py", "--summary", "Wrote it.", "--task", "parser")
    a("todo", "done", "1", "--evidence", "pytest -q", "--task", "parser")
    a("comment", "add", "Ask Ada.", "--task", "parser")
    a("item", "create", "Old", "--slug", "old")
    a("advance", "old", "complete")
    a("task", "archive", "old")
    a("task", "create", "Gone", "--slug", "gone")
    a("task", "delete", "gone", "--reason", "A mistake.")
    a("claim", "second")


@pytest.fixture
def source(mould: Mould, tmp_path: Path) -> Clone:
    mould.cast("a ledger with something of everything", tmp_path, make_source)
    return Clone(tmp_path / "a", "a")


def tree_of(clone: Clone) -> str:
    return clone.git("rev-parse", "refs/taskledger/main^{tree}")


def objects(clone: Clone) -> set[str]:
    return {path.name for path in (clone.path / ".git" / "objects").rglob("*") if path.is_file()}


# ---------------------------------------------------------------------------------------------- round trips


def test_everything_comes_back_byte_for_byte(source, make_clone, tmp_path):
    file = tmp_path / "x.tar.gz"
    before = source.git("for-each-ref"), source.git("status", "--porcelain")
    told = exported(source, file)
    assert (source.git("for-each-ref"), source.git("status", "--porcelain")) == before
    assert told["archive_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert told["counts"]["tasks"] == 4 and told["bytes"] == file.stat().st_size
    b = make_clone("b")
    result = imported(b, file, "--lock-policy", "keep")
    assert tree_of(b) == tree_of(source)  # every event, record and text, archived and deleted tasks too
    assert b.is_whole() and result["events_new"] == told["counts"]["events"]
    assert b.git("log", "--format=%s", "refs/taskledger/main").startswith("import: ")
    shown = b("task", "show", "parser", "--json").json["result"]
    assert shown == source("task", "show", "parser", "--json").json["result"]
    assert b("todo", "status", "--task", "parser", "--json").json["result"]["done"] == 1
    assert len(b("claims", "--json").json["result"]["claims"]) == 2
    # The same state gives the same bytes, wherever and whenever they are written.
    assert exported(b, tmp_path / "y.tar.gz")["archive_sha256"] == told["archive_sha256"]


def test_a_snapshot_is_the_same_in_a_folder(source, make_clone, tmp_path):
    file = tmp_path / "x.tar.gz"
    exported(source, file)
    told = source("snapshot", str(tmp_path / "out"), "--json").json["result"]
    folder = Path(told["snapshot_dir"])
    with tarfile.open(file) as tar:
        packed = {info.name: tar.extractfile(info).read() for info in tar}
    plain = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert plain == packed and Path(told["export_path"]) == folder / "manifest.json"
    b = make_clone("b")
    imported(b, folder, "--lock-policy", "keep")
    assert tree_of(b) == tree_of(source)


def test_claims_that_come_in_are_ended_unless_kept(source, make_clone, tmp_path):
    file = tmp_path / "x.tar.gz"
    exported(source, file)
    for policy, kind in (("quarantine", "claim.broken"), ("drop", "claim.released")):
        b = make_clone(policy)
        result = imported(b, file, "--lock-policy", policy)
        assert [claim["task_id"] for claim in result["claims_ended"]] == ["task-0001", "task-0002"]
        assert b("claims", "--json").json["result"]["claims"] == [] and b.is_whole()
        assert b("task", "events", "second", "--json").json["result"]["items"][-1]["event"] == kind
        # Nothing needs a repair: the run goes on where somebody takes it up.
        assert b("next-action", "--task", "parser", "--json").json["result"]["action"] == "implement-resume"


def test_importing_again_changes_nothing_and_what_was_done_since_is_united(source, make_clone, tmp_path):
    first, second = tmp_path / "1.tar.gz", tmp_path / "2.tar.gz"
    exported(source, first)
    b = make_clone("b")
    imported(b, first)
    tip = b.tip()
    again = imported(b, first)
    assert (again["changed"], again["events_new"], b.tip()) == (False, 0, tip)
    b("comment", "add", "From b.", "--task", "parser")
    source("comment", "add", "From a.", "--task", "parser")
    exported(source, second)
    result = imported(b, second)
    assert [(task["task_id"], task["outcome"]) for task in result["tasks"]] == [("task-0001", "united")]
    assert result["events_new"] == 1 and b.is_whole()
    texts = [line["text"] for line in b("comment", "list", "parser", "--json").json["result"]["comments"]]
    assert sorted(texts) == ["Ask Ada.", "From a.", "From b."]


def test_a_dry_run_checks_all_of_it_and_writes_nothing(source, make_clone, tmp_path):
    file = tmp_path / "x.tar.gz"
    exported(source, file)
    b = make_clone("b")
    before = objects(b)
    told = imported(b, file, "--dry-run")
    assert (told["imported"], told["changed"], told["tip"]) == (False, False, None)
    assert len(told["tasks"]) == 3 and objects(b) == before and b.refs() == ""
    assert imported(b, file)["tasks"] == told["tasks"]


def test_another_ledgers_tasks_stand_beside_those_that_are_here(source, make_clone, tmp_path):
    file = tmp_path / "x.tar.gz"
    exported(source, file)
    b = make_clone("b")
    b("init")
    b.create("Mine")
    answer = b("import", str(file), "--json").json
    assert "another ledger" in answer["warnings"][0]
    [move] = answer["result"]["renumbered"]
    assert move["old"] == "task-0001" and move["new"] == "task-0005"
    assert len(set(b.numbers().values())) == 3 and b.is_whole()
    assert len(b("log", "--json").json["result"]["entries"]) == 3  # one entry, whatever it had to settle
    # Where a remote has the say over numbers, they wait for the next sync.
    c = make_clone("c", tmp_path / "nowhere.git")
    c("init")
    c.create("Mine")
    assert imported(c, file)["renumbered"] == []


def test_some_tasks_alone(source, make_clone, tmp_path):
    file = tmp_path / "x.tar.gz"
    told = exported(source, file, "--task", "second", "--task", "parser")
    assert (told["scope"], told["tasks"], told["counts"]["tasks"]) == ("tasks", ["task-0001", "task-0002"], 2)
    b = make_clone("b")
    assert b.fails("import", str(file))["code"] == "NOT_INITIALISED"
    b("init")
    info = b.git("show", "refs/taskledger/main:ledger.json")
    imported(b, file, "--lock-policy", "keep")
    assert sorted(b.numbers()) == ["Rewrite the parser", "Second"] and b.is_whole()
    assert b.git("show", "refs/taskledger/main:ledger.json") == info
    for task in ("parser", "second"):
        events = [clone("task", "events", task, "--limit", "0", "--json").json["result"]["items"] for clone in (source, b)]
        assert events[0] == events[1]


def test_the_closing_of_a_ledger_does_not_close_another(source, make_clone, tmp_path):
    source("ledger", "close", "--reason", "Over.")
    file = tmp_path / "x.tar.gz"
    exported(source, file)
    b, c = make_clone("b"), make_clone("c")
    imported(b, file, "--lock-policy", "keep")
    assert tree_of(b) == tree_of(source)
    assert b.fails("import", str(file))["code"] == "LEDGER_CLOSED"
    c("init")
    imported(c, file)
    c.create("Still open")


# ---------------------------------------------------------------------------------------------- refusals


def test_a_file_is_overwritten_only_on_request(source, tmp_path):
    file = tmp_path / "x.tar.gz"
    file.write_text("mine")
    assert source.fails("export", str(file))["exit_code"] == 2
    assert file.read_text() == "mine"
    exported(source, file, "--overwrite")
    assert tarfile.is_tarfile(file)
    assert source.fails("export", str(tmp_path))["exit_code"] == 2
    assert source.fails("export", str(tmp_path / "no" / "x.tar.gz"))["exit_code"] == 2
    assert sorted(path.name for path in tmp_path.glob("x.tar.gz*")) == ["x.tar.gz"]


def test_the_name_when_none_is_given(source):
    told = source("export", "--json").json["result"]
    assert told["path"].startswith("taskledger-export-main-") and (source.path / told["path"]).is_file()


def test_what_is_refused(source, make_clone, tmp_path):
    b = make_clone("b")
    assert b.fails("export")["code"] == "NOT_INITIALISED"
    assert b.fails("import", str(tmp_path / "none"))["exit_code"] == 5
    error = source.fails("import", str(tmp_path), "--replace")
    assert error["exit_code"] == 2 and "is ever deleted" in error["message"]
    (tmp_path / "bad").write_bytes(b"# v2 git bundle\n")
    assert b.fails("import", str(tmp_path / "bad"))["exit_code"] == 6
    (tmp_path / "empty").mkdir()
    assert b.fails("import", str(tmp_path / "empty"))["exit_code"] == 6


class Forgery:
    """An export taken apart, to be put together wrongly."""

    def __init__(self, file: Path) -> None:
        with tarfile.open(file) as tar:
            self.members = [(info, tar.extractfile(info).read()) for info in tar]
        self.manifest = json.loads(self.members[0][1])

    def path(self, part: str) -> str:
        return next(info.name for info, _ in self.members if part in info.name)

    def add(self, name: str, data: bytes, *, kind: bytes = tarfile.REGTYPE, target: str = "") -> None:
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = len(data), kind, target
        self.members.append((info, data))

    def replace(self, name: str, data: bytes) -> None:
        """Other bytes for a file, and a manifest that agrees."""
        for place, (info, _) in enumerate(self.members):
            if info.name == name:
                info.size = len(data)
                self.members[place] = info, data
        self.list(name, data)

    def list(self, name: str, data: bytes) -> None:
        path = name.removeprefix("ledger/")
        self.manifest["files"][path] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def write(self, file: Path) -> Path:
        self.members[0][0].size = len(raw := json.dumps(self.manifest).encode())
        self.members[0] = self.members[0][0], raw
        with gzip.open(file, "wb", compresslevel=1) as out, tarfile.open(fileobj=out, mode="w") as tar:
            for info, data in self.members:
                tar.addfile(info, io.BytesIO(data))
        return file


def outside(forged: Forgery) -> None:
    forged.add("../../outside", b"x")
    forged.manifest["files"]["../../outside"] = {"size": 1, "sha256": hashlib.sha256(b"x").hexdigest()}


def absolute(forged: Forgery) -> None:
    forged.add("/tmp/outside", b"x")


def git_folder(forged: Forgery) -> None:
    forged.add("ledger/tasks/.git/config", b"x")
    forged.list("ledger/tasks/.git/config", b"x")


def odd_place(forged: Forgery) -> None:
    forged.add("ledger/hooks/pre-commit", b"x")
    forged.list("ledger/hooks/pre-commit", b"x")


def link(forged: Forgery) -> None:
    forged.add("ledger/link", b"", kind=tarfile.SYMTYPE, target="/etc/passwd")


def hard_link(forged: Forgery) -> None:
    forged.add("ledger/link", b"", kind=tarfile.LNKTYPE, target="manifest.json")


def device(forged: Forgery) -> None:
    forged.add("ledger/null", b"", kind=tarfile.CHRTYPE)


def folder(forged: Forgery) -> None:
    forged.add("ledger/tasks", b"", kind=tarfile.DIRTYPE)


def digest(forged: Forgery) -> None:
    path = forged.path("task.md").removeprefix("ledger/")
    forged.manifest["files"][path]["sha256"] = "0" * 64


def size(forged: Forgery) -> None:
    path = forged.path("task.md").removeprefix("ledger/")
    forged.manifest["files"][path]["size"] += 1


def too_large(forged: Forgery) -> None:
    path = forged.path("task.md").removeprefix("ledger/")
    forged.manifest["files"][path]["size"] = 1 << 40


def twice(forged: Forgery) -> None:
    forged.members.append(forged.members[-1])


def unlisted(forged: Forgery) -> None:
    forged.add("ledger/tasks/00/0009-aaaaaaaaaaaa/task.md", b"x")


def missing(forged: Forgery) -> None:
    del forged.members[3]


def no_manifest(forged: Forgery) -> None:
    forged.members[0][0].name = "else.json"


def other_manifest(forged: Forgery) -> None:
    forged.manifest["kind"] = "x"


def odd_manifest(forged: Forgery) -> None:
    forged.manifest["files"] = []


def changed_event(forged: Forgery) -> None:
    name = forged.path("/events/000002")
    data = next(data for info, data in forged.members if info.name == name)
    forged.replace(name, data.replace(b'"agent"', b'"user"', 1))


def changed_record(forged: Forgery) -> None:
    name = forged.path("task.json")
    data = next(data for info, data in forged.members if info.name == name)
    forged.replace(name, data.replace(b'"title": "', b'"title": "Not '))


def lost_event(forged: Forgery) -> None:
    name = forged.path("/events/000002")
    forged.members = [(info, data) for info, data in forged.members if info.name != name]
    del forged.manifest["files"][name.removeprefix("ledger/")]


def long_names(forged: Forgery) -> None:
    for _ in range(3000):  # each says that the next holds the name of the one after it
        forged.add("././@LongLink", b"x", kind=tarfile.GNUTYPE_LONGNAME)


FORGERIES = [
    *(outside, absolute, git_folder, odd_place, link, hard_link, device, folder, digest, size, too_large, twice),
    *(unlisted, missing, no_manifest, other_manifest, odd_manifest, changed_event, changed_record, lost_event, long_names),
]


@pytest.fixture
def victim(source, tmp_path) -> Iterator[tuple[Clone, Forgery]]:
    file = tmp_path / "x.tar.gz"
    exported(source, file)
    b = begin_clone(tmp_path / "b")
    before = objects(b)
    yield b, Forgery(file)
    assert b.refs() == "" and objects(b) == before, "nothing of it has reached the repository"
    assert not (tmp_path / "outside").exists() and not Path("/tmp/outside").exists()


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_what_is_not_as_it_must_be_is_refused(victim, tmp_path, forge: Callable[[Forgery], None]):
    b, forged = victim
    forge(forged)
    error = b.fails("import", str(forged.write(tmp_path / "bad.tar.gz")))
    assert (error["exit_code"], error["code"]) == (6, "STORAGE_CORRUPTION"), error
    assert "nothing was changed" in error["message"]


def test_a_newer_export_says_so(victim, tmp_path):
    b, forged = victim
    forged.manifest["version"] = 2
    assert b.fails("import", str(forged.write(tmp_path / "new.tar.gz")))["code"] == "UPGRADE_REQUIRED"


def test_an_export_of_taskledger_says_what_to_do(victim, tmp_path):
    b, forged = victim
    forged.manifest["kind"] = "taskledger_archive"
    assert "--from taskledger" in b.fails("import", str(forged.write(tmp_path / "old.tar.gz")))["message"]


def test_a_file_that_unpacks_without_end_is_refused(victim, tmp_path, monkeypatch):
    from gitledger.sync import exportread

    b, forged = victim
    forged.add("pax", b"A" * (1 << 20), kind=tarfile.XHDTYPE)
    bomb = str(forged.write(tmp_path / "bomb.tar.gz"))
    with monkeypatch.context() as patch:
        patch.setattr(exportread, "MAX_MANIFEST", 1 << 16)
        assert "larger than any may be" in b.fails("import", bomb)["message"]
    monkeypatch.setattr(exportread, "MAX_TOTAL", 1 << 16)
    assert "unpacks into more" in b.fails("import", bomb)["message"]


def test_a_snapshot_with_links_is_refused(source, make_clone, tmp_path):
    folder = Path(source("snapshot", str(tmp_path / "out"), "--json").json["result"]["snapshot_dir"])
    b = make_clone("b")
    text = next(folder.rglob("task.md"))
    kept = text.read_bytes()
    aside = tmp_path / "aside.md"
    aside.write_bytes(kept)
    text.unlink()
    text.symlink_to(aside)  # the same bytes, and a link all the same
    assert "no plain file" in b.fails("import", str(folder))["message"]
    text.unlink()
    os.mkfifo(text)
    assert "no plain file" in b.fails("import", str(folder))["message"]
    text.unlink()
    text.write_bytes(kept)
    (folder / "ledger" / "more").symlink_to("/")
    assert "no plain file" in b.fails("import", str(folder))["message"]


def test_an_import_beside_a_writer(source, make_clone, tmp_path, monkeypatch):
    """A write that comes between is kept, and the import made again on top of it."""
    from gitledger.sync import importing

    file = tmp_path / "x.tar.gz"
    exported(source, file)
    b = make_clone("b")
    b("init")
    real, late = importing._plan, ["Mine"]

    def plan(*args: Any) -> Any:
        found = real(*args)
        if late:
            b.create(late.pop())
        return found

    monkeypatch.setattr(importing, "_plan", plan)
    imported(b, file)
    assert "Mine" in b.numbers() and "Second" in b.numbers() and b.is_whole()
