"""Bad input of every kind is a clear refusal with a code, an exit code and a hint, and leaves the ref where it was."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import contextlib
import json
import os
import resource
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.conftest import Cli, Repo, Result
from tests.reliability import plumbing
from tests.reliability.fleet import REF, assert_sound, entry_count
from tests.reliability.refusal import HOSTILE, assert_refused, assert_runnable, assert_said, refs
from tests.reliability.test_footprint import PLAN, READS


@pytest.fixture
def started(repo: Repo, cli: Cli) -> Cli:
    """The program in a repository with a ledger of three tasks, the first with a todo."""
    for words in (["init"], *(["task", "create", title] for title in ("One", "Two", "Three"))):
        assert cli(*words).exit_code == 0
    assert cli("todo", "add", "--task", "1", "--text", "Begin").exit_code == 0
    return cli


# ---------------------------------------------------------------------------------------------- the table


class Case(NamedTuple):
    """A command that is refused, in a repository prepared by `prepare`."""

    name: str
    words: tuple[str, ...]
    code: str
    exit: int
    prepare: Callable[[Repo], Any] = lambda repo: None
    env: dict[str, str] = {}
    input: bytes = b""


def text(name: str, data: str | bytes) -> Callable[[Repo], Any]:
    """Write a file of the work tree."""
    return lambda repo: repo.write(name, data)


def config(name: str, value: str) -> Callable[[Repo], Any]:
    """Set a git setting."""
    return lambda repo: repo.git("config", name, value)


def reftable(repo: Repo) -> None:
    repo.git("config", "core.repositoryFormatVersion", "1")
    repo.git("config", "extensions.refStorage", "reftable")


def sha256(repo: Repo) -> None:
    shutil.rmtree(repo.path / ".git")
    repo.git("init", "--quiet", "--object-format=sha256")


def git_file_to_nowhere(repo: Repo) -> None:
    shutil.rmtree(repo.path / ".git")
    repo.write(".git", "gitdir: /nowhere/at/all\n")


def broken_config(repo: Repo) -> None:
    with open(repo.path / ".git/config", "a") as file:
        file.write("[this is no\n")


def no_objects(repo: Repo) -> None:
    shutil.rmtree(repo.path / ".git/objects")


def write_ref(content: str) -> Callable[[Repo], Any]:
    """What a power cut or an editor left in the ledger's ref."""
    return lambda repo: (repo.path / ".git" / REF).write_text(content)


def ref_to_a_blob(repo: Repo) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", input="no commit")
    (repo.path / ".git" / REF).write_text(blob + "\n")


def ref_to_the_source(repo: Repo) -> None:
    """A source commit where a ledger should be: no ledger.json."""
    repo.git("update-ref", REF, "HEAD")


def sub_ledger(repo: Repo) -> None:
    repo.git("update-ref", "refs/taskledger/feature", REF)


CREATE = ("task", "create", "x")
SHOW = ("task", "show", "1")
BIG = "x" * (256 * 1024 + 1)

CASES = [
    # Where the repository is, or is not.
    Case("no folder", ("--root", "nowhere", "task", "list"), "INVALID_INPUT", 2),
    Case("root is a file", ("--root", "README.md", "task", "list"), "INVALID_INPUT", 2),
    Case("root and cwd differ", ("--root", ".", "--cwd", "..", "task", "list"), "INVALID_INPUT", 2),
    Case("C to nowhere", ("-C", "nowhere", "task", "list"), "INVALID_INPUT", 2),
    Case("git file to nowhere", SHOW, "NOT_A_REPOSITORY", 6, git_file_to_nowhere),
    Case("GIT_DIR to nowhere", SHOW, "NOT_A_REPOSITORY", 6, env={"GIT_DIR": "nowhere"}),
    Case("no object folder", SHOW, "NOT_A_REPOSITORY", 6, no_objects),
    Case("sha256", SHOW, "UNSUPPORTED_REPOSITORY", 6, sha256),
    Case("sha256 init", ("init",), "UNSUPPORTED_REPOSITORY", 6, sha256),
    Case("reftable", SHOW, "UNSUPPORTED_REPOSITORY", 6, reftable),
    Case("reftable init", ("init",), "UNSUPPORTED_REPOSITORY", 6, reftable),
    Case("broken git settings", SHOW, "BAD_CONFIG", 6, broken_config),
    # Which ledger.
    Case("no such ledger", ("--ledger", "other", "task", "list"), "NOT_INITIALISED", 6),
    Case("no such ledger, writing", ("--ledger", "other", *CREATE), "NOT_INITIALISED", 6),
    Case("empty ledger name", ("--ledger", "", *SHOW), "INVALID_INPUT", 2),
    Case("ledger out of its folder", ("--ledger", "../heads/main", *SHOW), "INVALID_INPUT", 2),
    Case("ledger like an option", ("--ledger", "--force", *SHOW), "INVALID_INPUT", 2),
    Case("ledger like a lock", ("--ledger", "main.lock", *SHOW), "INVALID_INPUT", 2),
    Case("ledger with a space", ("--ledger", "a b", "init"), "INVALID_INPUT", 2),
    Case("ledger with an escape", ("--ledger", "a\x1b[31m", "init"), "INVALID_INPUT", 2),
    Case("ledger by environment", SHOW, "INVALID_INPUT", 2, env={"GITLEDGER_LEDGER": "../../HEAD"}),
    Case("ledger below another", ("--ledger", "feature/x", "init"), "NAME_CLASH", 4, sub_ledger),
    # What the ref says.
    Case("empty ref, reading", SHOW, "STORAGE_CORRUPTION", 6, write_ref("")),
    Case("empty ref, writing", CREATE, "STORAGE_CORRUPTION", 6, write_ref("")),
    Case("empty ref, init", ("init",), "STORAGE_CORRUPTION", 6, write_ref("")),
    Case("garbage in the ref", SHOW, "STORAGE_CORRUPTION", 6, write_ref("garbage\n")),
    Case("ref to a missing commit", SHOW, "STORAGE_CORRUPTION", 6, write_ref("1" * 40 + "\n")),
    Case("ref to a missing commit, writing", CREATE, "STORAGE_CORRUPTION", 6, write_ref("1" * 40 + "\n")),
    Case("ref to a blob", SHOW, "STORAGE_CORRUPTION", 6, ref_to_a_blob),
    Case("ref to no ledger, writing", CREATE, "STORAGE_CORRUPTION", 6, ref_to_the_source),
    # Settings and policy.
    Case("lease", CREATE, "INVALID_INPUT", 2, config("taskledger.lease", "soon")),
    Case("fsync", CREATE, "INVALID_INPUT", 2, config("taskledger.fsync", "maybe")),
    Case("actor setting", CREATE, "INVALID_INPUT", 2, config("taskledger.actor", "robot")),
    Case("actor type", CREATE, "INVALID_INPUT", 2, env={"GITLEDGER_ACTOR_TYPE": "robot"}),
    Case("clock", CREATE, "INVALID_INPUT", 2, env={"GITLEDGER_TEST_NOW": "tomorrow"}),
    # Words.
    Case("unknown noun", ("tsak", "list"), "UNKNOWN_COMMAND", 2),
    Case("unknown verb", ("task", "destroy"), "UNKNOWN_COMMAND", 2),
    Case("unknown option", ("task", "list", "--colour"), "INVALID_INPUT", 2),
    Case("escape in a command", ("ta\x1b[2Jsk",), "UNKNOWN_COMMAND", 2),
    Case("escape in an option", ("task", "list", "--\x1b]0;x\x07"), "INVALID_INPUT", 2),
    Case("noun alone", ("task",), "INVALID_INPUT", 2),
    Case("nothing", (), "INVALID_INPUT", 2),
    Case("missing argument", ("task", "create"), "INVALID_INPUT", 2),
    Case("one argument too many", ("task", "create", "a", "b"), "INVALID_INPUT", 2),
    Case("missing option", ("todo", "add", "--task", "1"), "INVALID_INPUT", 2),
    Case("missing value", ("todo", "add", "--task", "1", "--text"), "INVALID_INPUT", 2),
    Case("no number", ("task", "list", "--limit", "many"), "INVALID_INPUT", 2),
    Case("negative number", ("task", "list", "--limit", "-1"), "INVALID_INPUT", 2),
    Case("not a choice", ("validate", "finish", "--result", "fine", "--summary", "x"), "INVALID_INPUT", 2),
    Case("unknown status", ("task", "list", "--status", "asleep"), "INVALID_INPUT", 2),
    Case("folder for the ledger", ("init", "--taskledger-dir", "/tmp/x"), "INVALID_INPUT", 2),
    # What excludes each other.
    Case("mandatory and optional", ("todo", "add", "--task", "1", "--text", "x", "--mandatory", "--optional"), "INVALID_INPUT", 2),
    Case("text and file", (*CREATE, "--description", "d", "--from-file", "README.md"), "INVALID_INPUT", 2),
    Case("plan text and file", ("plan", "propose", "--task", "1", "--text", "d", "--file", "README.md"), "INVALID_INPUT", 2),
    Case("task twice", ("task", "show", "1", "--task", "2"), "INVALID_INPUT", 2),
    Case("label in and out", ("task", "edit", "--task", "1", "--add-label", "a", "--remove-label", "a"), "INVALID_INPUT", 2),
    Case("standard input twice", ("implement", "change", "--path", "x", "--summary", "-", "--git-diff-stat", "-"), "INVALID_INPUT", 2),
    # Texts.
    Case("empty title", ("task", "create", ""), "INVALID_INPUT", 2),
    Case("blank title", ("task", "create", " \t\n"), "INVALID_INPUT", 2),
    Case("long title", ("task", "create", "x" * 301), "INVALID_INPUT", 2),
    Case("long new title", ("task", "edit", "--task", "1", "--title", "x" * 301), "INVALID_INPUT", 2),
    Case("long description", (*CREATE, "--description", BIG), "INVALID_INPUT", 2),
    Case("long description in bytes", (*CREATE, "--description", "ü" * (128 * 1024 + 1)), "INVALID_INPUT", 2),
    Case("long file", (*CREATE, "--from-file", "big"), "INVALID_INPUT", 2, text("big", BIG)),
    Case("long standard input", (*CREATE, "--description", "-"), "INVALID_INPUT", 2, input=BIG.encode()),
    Case("long todo", ("todo", "add", "--task", "1", "--text", BIG), "INVALID_INPUT", 2),
    Case("long slug", (*CREATE, "--slug", "x" * 61), "INVALID_INPUT", 2),
    Case("slug like a path", (*CREATE, "--slug", "../../x"), "INVALID_INPUT", 2),
    Case("slug like a number", (*CREATE, "--slug", "42"), "INVALID_INPUT", 2),
    Case("long owner", (*CREATE, "--owner", BIG), "INVALID_INPUT", 2),
    Case("event beyond a mebibyte", ("todo", "done", "1", "--task", "1", *["--evidence", "x" * 200_000] * 6), "INVALID_INPUT", 2),
    Case("priority", (*CREATE, "--priority", "urgent"), "INVALID_INPUT", 2),
    Case("not text", (*CREATE, "--from-file", "bad"), "INVALID_INPUT", 2, text("bad", b"ok\xff\xfe")),
    Case("not text on standard input", ("todo", "add", "--task", "1", "--text", "-"), "INVALID_INPUT", 2, input=b"\xc3\x28"),
    Case("no file", (*CREATE, "--from-file", "nowhere"), "INVALID_INPUT", 2),
    Case("folder for a file", (*CREATE, "--from-file", ".git"), "INVALID_INPUT", 2),
    Case("nul in a file name", (*CREATE, "--from-file", "a\0b"), "INVALID_INPUT", 2),
    Case("surrogate", ("task", "create", "x\udc80y"), "INVALID_INPUT", 2),
    # References.
    Case("no such task", ("task", "show", "nosuch"), "NOT_FOUND", 5),
    Case("no such number", ("task", "show", "99999999999999999999"), "NOT_FOUND", 5),
    Case("hostile reference", ("task", "show", "\x1b[31m$(touch pwned)"), "NOT_FOUND", 5),
    Case("long reference", ("task", "show", "x" * 5000), "NOT_FOUND", 5),
    Case("no such todo", ("todo", "done", "todo-0099", "--task", "1"), "NOT_FOUND", 5),
    Case("no active task", ("todo", "list"), "NO_ACTIVE_TASK", 5),
    Case("no such task by environment", ("todo", "list"), "NOT_FOUND", 5, env={"GITLEDGER_TASK": "nosuch"}),
    Case("slug taken", (*CREATE, "--slug", "one"), "CONFLICT", 4),
    Case("need of itself", ("require", "add", "1", "--task", "1"), "CONFLICT", 4),
    # The workflow.
    Case("implement a draft", ("implement", "start", "--task", "1"), "WORKFLOW_REJECTION", 3),
    Case("finish a draft", ("implement", "finish", "--summary", "x", "--task", "1"), "WORKFLOW_REJECTION", 3),
    Case("hostile criterion", ("validate", "waive", "--criterion", "';touch pwned;'", "--reason", "x", "--task", "1"), "WORKFLOW_REJECTION", 3),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_refused(case: Case, repo: Repo, started: Cli) -> None:
    case.prepare(repo)
    env = {"GIT_CEILING_DIRECTORIES": str(repo.path.parent), **case.env}
    before = refs(repo)
    assert_refused(started("--json", *case.words, env=env, input=case.input), case.code, case.exit)
    said = started(*case.words, env=env, input=case.input)
    if case.words not in ((), ("task",)):  # these show the help
        assert_said(said, case.exit)
    assert said.exit_code == case.exit
    assert refs(repo) == before
    assert not list(repo.path.rglob("pwned"))


def test_outside_of_any_repository(tmp_path: Path, cli_in: Callable[[Path], Cli]) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    cli = cli_in(folder)
    env = {"GIT_CEILING_DIRECTORIES": str(tmp_path)}
    for words in (["init"], ["task", "list"], ["task", "create", "x"], ["verify"], ["status"], ["next-action"]):
        assert_refused(cli("--json", *words, env=env), "NOT_A_REPOSITORY", 6)
        assert_said(cli(*words, env=env), 6)
    assert_refused(cli.process("--json", "task", "list", env=env), "NOT_A_REPOSITORY", 6)
    assert list(folder.iterdir()) == []


def test_a_real_reftable_repository(tmp_path: Path, cli_in: Callable[[Path], Cli]) -> None:
    folder = tmp_path / "tables"
    made = subprocess.run(["git", "init", "--quiet", "--ref-format=reftable", str(folder)], capture_output=True)
    if made.returncode:
        pytest.skip("this git makes no reftable repositories (2.45 does)")
    error = assert_refused(cli_in(folder)("--json", "init"), "UNSUPPORTED_REPOSITORY", 6)
    assert "reftable" in error["message"]


# ---------------------------------------------------------------------------------------------- invalid UTF-8


@pytest.mark.parametrize(
    "words",
    [
        (b"task", b"create", b"caf\xe9"),
        (b"todo", b"add", b"--task", b"1", b"--text", b"\xff"),
        (b"task", b"show", b"\xc0\xaf"),
        (b"--ledger", b"\xff", b"task", b"list"),
        (b"\xff",),
        (b"task", b"list", b"--\xff"),
    ],
)
def test_arguments_that_are_not_utf8(words: tuple[bytes, ...], repo: Repo, started: Cli) -> None:
    before = refs(repo)
    for flags in ([b"--json"], []):
        argv = [sys.executable, "-m", "gitledger", *flags, *words]
        done = subprocess.run(argv, cwd=repo.path, env=Cli.environ(), capture_output=True, timeout=60)
        result = Result(done.stdout.decode(), done.stderr.decode(), done.returncode)
        assert_refused(result, "INVALID_INPUT", 2) if flags else assert_said(result, 2)
    assert refs(repo) == before


# ---------------------------------------------------------------------------------------------- damage


DAMAGES = [plumbing.truncate, plumbing.empty, plumbing.remove, plumbing.swap]


def last_event(repo: Repo, number: int) -> str:
    """The path of a task's newest event."""
    folder = plumbing.directory(repo, number)
    return repo.git("ls-tree", "-r", "--name-only", REF, f"{folder}/events/").splitlines()[-1]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("is_cold", [False, True], ids=["warm", "cold"])
def test_a_damaged_event(damage: Any, is_cold: bool, repo: Repo, started: Cli) -> None:
    """Every other read goes on, and that task's events say which object it is."""
    assert started("task", "list").exit_code == 0
    oid = damage(repo, last_event(repo, 1))
    if is_cold:
        plumbing.forget_index(repo)
    before = refs(repo)
    for words in (["task", "list"], ["task", "show", "1"], ["task", "show", "2"], ["task", "events", "2"], ["todo", "list", "1"]):
        assert started("--json", *words).json["ok"], words
    error = assert_refused(started("--json", "task", "events", "1"), "STORAGE_CORRUPTION", 6)
    assert oid in error["message"] or oid in json.dumps(error["details"])
    _verify_names(started, oid)
    assert refs(repo) == before
    assert started("task", "create", "Four", "--json").exit_code == 0


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("is_cold", [False, True], ids=["warm", "cold"])
def test_a_damaged_record(damage: Any, is_cold: bool, repo: Repo, started: Cli) -> None:
    """A record follows from the events: other tasks are read on, and nothing is written on a guess."""
    assert started("task", "list").exit_code == 0
    oid = damage(repo, plumbing.directory(repo, 1) + "/task.json")
    if is_cold:
        plumbing.forget_index(repo)
    before = refs(repo)
    for words in (["task", "show", "2"], ["task", "events", "2"], ["todo", "list", "2"], ["task", "events", "2"]):
        assert started("--json", *words).json["ok"], words
    shown = started("--json", "task", "show", "1")
    if shown.exit_code:
        error = assert_refused(shown, "STORAGE_CORRUPTION", 6)
        assert oid in error["message"] or oid in json.dumps(error["details"])
    else:
        assert shown.json["result"]["task"]["title"] == "One"
    _verify_names(started, oid)
    assert refs(repo) == before


@pytest.mark.parametrize("damage", [plumbing.truncate, plumbing.swap], ids=lambda damage: damage.__name__)
def test_a_damaged_book(damage: Any, repo: Repo, started: Cli) -> None:
    """The book's record follows from its events as a task's does: reads go on, and verify names the object."""
    assert started("ledger", "close", "--reason", "Over.").exit_code == 0
    oid = damage(repo, "book/book.json")
    plumbing.forget_index(repo)
    for words in (["task", "list"], ["task", "show", "1"], ["status"], ["log"], ["ledger", "list"], ["ledger", "doctor"]):
        done = started("--json", *words)
        assert done.json["ok"], done
    assert started("--json", "ledger", "status").json["result"]["closed_reason"] == "Over."
    assert_refused(started("--json", "task", "create", "Four"), "LEDGER_CLOSED", 3)
    _verify_names(started, oid)
    assert started("--json", "ledger", "reopen", "--reason", "Not over.").json["ok"]
    assert started("--json", "task", "create", "Four").json["ok"]
    assert started("--json", "ledger", "log").json["ok"]


def test_damaged_objects_brought_back_in_a_pack(repo: Repo, started: Cli, tmp_path: Path) -> None:
    """What the refusal advises: with the objects in a pack, and the broken files gone, everything is as before."""
    repo.git("clone", "--quiet", "--mirror", str(repo.path), str(tmp_path / "copy"))
    copy = Repo(tmp_path / "copy")
    copy.git("repack", "-a", "-d", "-q")
    for path in (last_event(repo, 1), plumbing.directory(repo, 1) + "/task.json", "tasks/00", ""):
        plumbing.truncate(repo, path)
    assert_refused(started("--json", "task", "events", "1"), "STORAGE_CORRUPTION", 6)
    for pack in (copy.path / "objects/pack").iterdir():
        shutil.copy(pack, repo.path / ".git/objects/pack")
    error = assert_refused(started("--json", "task", "events", "1"), "STORAGE_CORRUPTION", 6)
    assert any("git prune-packed" in step for step in error["remediation"])
    repo.git("prune-packed", "-q")
    for words in (["task", "events", "1"], ["task", "show", "1"], ["verify"], ["log"], ["task", "create", "Four"]):
        assert started("--json", *words).exit_code == 0, words


def _verify_names(cli: Cli, oid: str) -> None:
    report = cli("--json", "verify")
    assert report.exit_code == 6 and "Traceback" not in report.stdout, report
    assert oid in report.stdout
    said = cli("verify")
    assert said.exit_code == 6 and oid in said.stdout + said.stderr


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("path", ["", "tasks", "tasks/00", "ledger.json", "book/book.json"])
@pytest.mark.parametrize("is_cold", [False, True], ids=["warm", "cold"])
def test_damage_nearer_to_the_root(damage: Any, path: str, is_cold: bool, repo: Repo, started: Cli) -> None:
    """Whatever is hit, the answer is right or a refusal that names the object; nothing is written on a guess."""
    assert started("task", "list").exit_code == 0
    oid = damage(repo, path)
    if is_cold:
        plumbing.forget_index(repo)
    tip = (repo.path / ".git" / REF).read_text()
    for words in (["task", "list"], ["task", "show", "1"], ["task", "events", "1"], ["log"], ["status"]):
        result = started("--json", *words)
        if result.exit_code:
            error = assert_refused(result, "STORAGE_CORRUPTION", 6)
            assert oid in error["message"] or oid in json.dumps(error["details"])
    # On a warm cache a new task needs none of these but the tip and the trees on its way.
    made = started("--json", "task", "create", "Four")
    if made.exit_code:
        assert_refused(made, "STORAGE_CORRUPTION", 6)
        assert (repo.path / ".git" / REF).read_text() == tip
    else:
        assert made.json["result"]["id"] == "task-0004"
    report = started("--json", "verify")
    assert report.exit_code == 6, report
    assert oid in report.stdout


# ---------------------------------------------------------------------------------------------- newer versions


def test_a_newer_format(repo: Repo, started: Cli) -> None:
    info = json.loads(plumbing.show(repo, "ledger.json"))
    plumbing.commit_files(repo, {"ledger.json": json.dumps(info | {"format": 2}).encode() + b"\n"})
    before = refs(repo)
    for words in (["task", "list"], ["task", "show", "1"], ["task", "create", "x"], ["init"], ["log"], ["next-action", "1"]):
        error = assert_refused(started("--json", *words), "UPGRADE_REQUIRED", 6)
        assert "format 2" in error["message"]
        assert_said(started(*words), 6)
    assert refs(repo) == before


def test_a_newer_fold(repo: Repo, started: Cli) -> None:
    info = json.loads(plumbing.show(repo, "ledger.json"))
    plumbing.commit_files(repo, {"ledger.json": json.dumps(info | {"fold": 99}, separators=(",", ":")).encode() + b"\n"})
    before = refs(repo)
    for is_cold in (False, True):
        if is_cold:
            plumbing.forget_index(repo)
        for words in (["task", "list"], ["task", "show", "1"], ["task", "events", "1"], ["todo", "list", "1"], ["log"], ["status"]):
            assert started("--json", *words).json["ok"], words
        for words in (["task", "create", "x"], ["todo", "add", "--task", "1", "--text", "x"], ["task", "activate", "1"]):
            assert_refused(started("--json", *words), "UPGRADE_REQUIRED", 6)
            assert_said(started(*words), 6)
    report = started("--json", "verify")
    assert report.exit_code == 0 and "99" in report.stdout, report
    assert refs(repo) == before


@pytest.mark.parametrize("kind", [("task.teleported", 1), ("todo.added", 2)], ids=["type", "version"])
def test_an_unknown_event(kind: tuple[str, int], repo: Repo, started: Cli) -> None:
    event = plumbing.inject_event(repo, 1, kind[0], {"to": "Mars", "how": [1, {"a": None}]}, version=kind[1])
    before = refs(repo)
    for is_cold in (False, True):
        if is_cold:
            plumbing.forget_index(repo)
        shown = started("--json", "task", "show", "1").json["result"]["task"]
        assert (shown["title"], shown["status"]) == ("One", "draft")
        listed = started("--json", "task", "events", "1").json["result"]["items"][-1]
        assert (listed["event_id"], listed["event"], listed["data"]) == (event, kind[0], {"to": "Mars", "how": [1, {"a": None}]})
        for words in (
            ["todo", "add", "--task", "1", "--text", "x"],
            ["task", "edit", "--task", "1", "--title", "x"],
            ["task", "cancel", "--task", "1"],
            ["plan", "start", "--task", "1"],
            ["task", "activate", "1"],
        ):
            error = assert_refused(started("--json", *words), "UPGRADE_REQUIRED", 6)
            assert kind[0] in json.dumps(error)
    report = started("--json", "verify")
    assert report.exit_code == 0 and report.json["result"]["findings"] == [], report
    assert kind[0] in report.stdout
    assert kind[0] in started("verify").stdout
    assert refs(repo) == before
    assert started("--json", "todo", "add", "--task", "2", "--text", "x").json["ok"]
    assert started("--json", "task", "create", "Four").json["ok"]
    assert started("--json", "verify").exit_code == 0


def test_custom_events_never_block(repo: Repo, started: Cli) -> None:
    plumbing.inject_event(repo, 1, "x.deployed", {"to": "production"})
    plumbing.inject_event(repo, None, "x.audited", {"by": "ada"})
    assert started("--json", "todo", "add", "--task", "1", "--text", "x").json["ok"]
    assert started("--json", "task", "create", "Four").json["ok"]
    assert started("--json", "task", "events", "1").json["result"]["items"][-2]["event"] == "x.deployed"
    report = started("--json", "verify")
    assert report.exit_code == 0 and report.json["result"]["findings"] == [], report


def test_an_unknown_event_in_the_book(repo: Repo, started: Cli) -> None:
    """It is about the ledger, so tasks are worked on as before."""
    plumbing.inject_event(repo, None, "ledger.blessed", {"by": "ada"})
    assert started("--json", "task", "list").json["ok"]
    assert started("--json", "verify").exit_code == 0
    assert started("--json", "todo", "add", "--task", "1", "--text", "x").json["ok"]


# ---------------------------------------------------------------------------------------------- terminal escapes

ESCAPE = "\x1b[2J\x1b]0;owned\x07\x9b31m\x7f\x08\x0c\r\x00\u202egnp\u2066x\u2069\u202c"
SHOWN = "evil " + ESCAPE.replace("\x00", "").replace("\r", "") + " title"


def evil_ledger(cli: Cli) -> None:
    """Hostile text wherever text goes."""
    evil = SHOWN
    for words in (
        ["task", "create", evil, "--slug", "evil", "--description", evil, "--owner", evil, "--label", evil],
        ["task", "edit", "--task", "evil", "--add-note", evil, "--add-label", evil + "2"],
        ["task", "activate", "evil", "--reason", evil],
        ["plan", "start"],
        ["question", "add", "--text", evil, "--required-for-plan"],
        ["question", "answer", "q-0001", "--text", evil],
        ["plan", "propose", "--criterion", evil, "--text", f"# Goal\n\n{evil}\n"],
        ["todo", "add", "--text", evil, "--validation-hint", evil],
        ["todo", "done", "1", "--evidence", evil, "--artifact", evil],
        ["require", "add", "2"],
        ["require", "waive", "2", "--reason", evil, "--actor", "user"],
    ):
        result = cli("--json", *words, env={"GITLEDGER_SESSION": "s"})
        assert result.json["ok"], (words, result)


def test_escapes_are_never_printed_raw(repo: Repo, started: Cli) -> None:
    evil_ledger(started)
    env = {"GITLEDGER_SESSION": "s"}
    task = started("--json", "task", "show", "evil").json["result"]["task"]
    assert task["title"] == " ".join(SHOWN.split()) and task["labels"]
    printed = 0
    for command, row in READS.items():
        for flags in ([], ["--json"]):
            result = started(*flags, *(word.format(task="evil") for word in row), env=env)
            both = result.stdout + result.stderr
            assert not HOSTILE.search(both), (command, HOSTILE.search(both))
            printed += "evil" in both
    assert printed > 20
    for words in (
        ["task", "edit", "--title", SHOWN + "!"],
        ["task", "show", SHOWN],
        ["todo", "done", SHOWN],
        ["task", "create", "x", "--priority", SHOWN],
        ["task", "create", "x", "--slug", SHOWN],
        ["task", "create", "x", "--from-file", SHOWN],
        ["--ledger", SHOWN, "task", "list"],
        ["--root", SHOWN, "task", "list"],
        ["-C", SHOWN, "task", "list"],
        [SHOWN],
        ["task", SHOWN],
        ["task", "list", "--" + SHOWN],
        ["task", "list", "--limit", SHOWN],
        ["validate", "check", "--criterion", SHOWN],
    ):
        for flags in ([], ["--json"]):
            result = started(*flags, *words, env=env)
            both = result.stdout + result.stderr
            assert not HOSTILE.search(both), (words, HOSTILE.search(both))
            assert "Traceback" not in both
    log = subprocess.run(["git", "log", "--format=%s%n%an%n%ae%n%b", REF], cwd=repo.path, capture_output=True, check=True)
    assert not HOSTILE.search(log.stdout.decode())
    assert all(len(line) < 120 for line in repo.git("log", "--format=%s", REF).splitlines())
    assert started("--json", "verify").exit_code == 0


def test_escapes_through_the_identity(repo: Repo, started: Cli) -> None:
    env = {"GIT_AUTHOR_NAME": f"Eve {SHOWN}", "GIT_AUTHOR_EMAIL": "eve\x1b@example.org", "GITLEDGER_SESSION": SHOWN}
    assert started("--json", "task", "create", "x", env=env).json["ok"]
    log = subprocess.run(["git", "log", "--format=%an %ae %cn %b", REF], cwd=repo.path, capture_output=True, check=True)
    assert not HOSTILE.search(log.stdout.decode())
    for words in (["log"], ["task", "events", "4"], ["task", "show", "4"], ["actor", "whoami"]):
        result = started(*words, env=env)
        assert not HOSTILE.search(result.stdout + result.stderr), words


def test_escapes_in_what_others_wrote(repo: Repo, started: Cli) -> None:
    """Entries by plain git carry any message and any author; events carry any data."""
    plumbing.inject_event(repo, 1, "x.\x1b[31mred", {"a": ESCAPE, ESCAPE: 1})
    plumbing.commit_files(repo, {"book/hello\x1b[2J": b"x"}, message=f"by {SHOWN}\n\nLedger-Op: \x1b[2J\n")
    for words in (["log"], ["task", "events", "1"], ["verify"], ["status"], ["task", "list"]):
        for flags in ([], ["--json"]):
            result = started(*flags, *words)
            assert not HOSTILE.search(result.stdout + result.stderr), words
            assert "Traceback" not in result.stdout + result.stderr


# ---------------------------------------------------------------------------------------------- hostile names

BRANCHES = [
    "$(touch${IFS}pwned)",
    "`touch${IFS}pwned`",
    "a;touch${IFS}pwned",
    "it's",
    'say"hi"',
    "a&b|c>d<e",
    "#hash",
    "-n",
    "--help",
    "ünïcödé/✓",
    "%s%n",
    "!history",
    "$HOME",
    "feature/{a,b}",
    "no\u00a0break",
    "long" * 55,
]


@pytest.mark.parametrize("branch", BRANCHES)
def test_hostile_branch_names(branch: str, repo: Repo, started: Cli) -> None:
    (repo.path / ".git/HEAD").write_text(f"ref: refs/heads/{branch}\n")
    assert started("--json", "where").json["ok"]
    made = started("--json", f"--ledger={branch}", "init")
    if branch.startswith("-") or not branch.isprintable() or len(branch) > 200:
        # It could be taken for an option, or not be told from another: no name for a ledger, but a branch to work on.
        assert_refused(made, "INVALID_INPUT", 2)
        assert started("--json", "task", "list").json["result"]["ledger"] == "main"
        return
    assert made.json["result"]["ledger"] == branch
    assert started("--json", "task", "list").json["result"]["ledger"] == branch
    hints = []
    for words in (["task", "show", "1"], ["todo", "list"], ["task", "create", ""], ["implement", "start"], ["next-action"]):
        hints.append(started("--json", *words).json["error"]["hint"])
        assert started(*words).exit_code
    assert started("--json", "task", "create", "x").json["ok"]
    for words in (["implement", "start", "--task", "1"], ["todo", "done", branch, "--task", "1"]):
        hints.append(started("--json", *words).json["error"]["hint"])
    # A ledger below this one cannot be there: the refusal names this one.
    clash = assert_refused(started("--json", f"--ledger={branch}/below", "init"), "NAME_CLASH", 4)
    assert any(branch in step for step in [clash["hint"], clash["message"]])
    missing = assert_refused(started("--json", f"--ledger=un{branch}", "task", "list"), "NOT_INITIALISED", 6)
    assert shlex.split(missing["hint"]) == ["gitledger", "--ledger", f"un{branch}", "init"]
    for hint in hints:
        assert_runnable(hint)
    # A shell that reads a hint starts nothing else.
    for hint in [*hints, clash["hint"], missing["hint"]]:
        echoed = subprocess.run(
            ["sh", "-c", f"printf '%s\\n' {hint}"], cwd=repo.path, capture_output=True, check=True, timeout=20
        )
        assert echoed.stdout.decode().splitlines() == shlex.split(hint)
    assert not list(repo.path.rglob("pwned"))
    assert started("--json", "verify").exit_code == 0


def test_a_hostile_folder(make_repo: Callable[..., Repo], cli_in: Callable[[Path], Cli]) -> None:
    repo = make_repo("$(touch pwned) 'a' \"b\" \x1b[31m\u202e;é")
    cli = cli_in(repo.path)
    for words in (["init"], ["task", "create", "x"], ["task", "list"], ["where"], ["status", "--full"], ["verify"]):
        result = cli(*words)
        assert result.exit_code == 0, result
        assert not HOSTILE.search(result.stdout + result.stderr), words
        assert cli("--json", *words).json["ok"]
    lock = repo.path / ".git" / (REF + ".lock")
    lock.write_text("")
    os.utime(lock, (1, 1))
    assert_refused(cli("--json", "task", "create", "x"), "LOCKED", 6)
    assert_said(cli("task", "create", "x"), 6)


# ---------------------------------------------------------------------------------------------- policy

POLICIES = {
    "no-yaml": "version: [1\n",
    "unknown-key": "version: 1\nsurprise: true\n",
    "unknown-version": "version: 9\n",
    "bad-value": "version: 1\napproval: whoever\n",
    "alias": "version: 1\nstale: &a {queue: 7d}\ntypes: {x: {gates: *a}}\n",
    "duplicate": "version: 1\nversion: 1\n",
    "escape": 'version: 1\n"\\e[31m": true\n',
    "tag": "version: !!python/object/apply:os.system ['touch pwned']\n",
    "list": "- 1\n",
    "nul": "version: 1\n\0\n",
    "not-utf8": b"version: 1\n# \xff\n",
    "deep": "version: " + "[" * 2000 + "\n",
}


@pytest.mark.parametrize("policy", list(POLICIES.values()), ids=list(POLICIES))
def test_a_bad_policy(policy: str | bytes, repo: Repo, started: Cli) -> None:
    """Whoever needs the policy is refused; nobody is refused for knowing no better."""
    assert started("--json", "plan", "start", "--task", "1").json["ok"]
    repo.write("plan.md", PLAN)
    proposed = started("--json", "plan", "propose", "--task", "1", "--file", "plan.md")
    assert proposed.json["ok"], proposed
    repo.write(".gitledger.yaml", policy)
    before = refs(repo)
    words = ["plan", "accept", "--version", "1", "--note", "Yes.", "--allow-lint-errors", "--task", "1"]
    error = assert_refused(started("--json", *words), error_code(started("--json", *words)), 2)
    assert ".gitledger.yaml" in error["message"]
    assert_said(started(*words), 2)
    assert refs(repo) == before
    assert started("--json", "task", "list").json["ok"]
    assert not list(repo.path.rglob("pwned"))


def error_code(result: Result) -> str:
    """The code of a refusal."""
    return result.json["error"]["code"]


def test_a_policy_that_is_a_link(repo: Repo, started: Cli, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("approval: whatever-is-in-here\n")
    (repo.path / ".gitledger.yaml").symlink_to(secret)
    for words in (["plan", "start", "--task", "1"], ["implement", "start", "--task", "1"], ["status"], ["next-action", "1"]):
        assert "whatever-is-in-here" not in repr(started("--json", *words))


# ---------------------------------------------------------------------------------------------- disks


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something on `folder`; skips where that is not permitted."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def test_a_full_disk(make_repo: Callable[..., Repo], tmp_path: Path, cli_in: Callable[[Path], Cli]) -> None:
    """With less and less room, so that blobs, trees, commit, ref and index each are what does not fit."""
    small = tmp_path / "small"
    small.mkdir()
    if not hasattr(os, "statvfs"):
        pytest.skip("no statvfs")
    with mounted(small, "-t", "tmpfs", "-o", "size=3m", "tmpfs"):
        repo = make_repo("small/repo")
        cli = cli_in(repo.path)
        for words in (["init"], ["task", "create", "One"], ["task", "create", "Two"]):
            assert cli(*words).exit_code == 0
        ballast = small / "ballast"
        written, refused = ["One", "Two"], 0
        for room in range(0, 160, 8):
            free = os.statvfs(small)
            ballast.write_bytes(b"x" * max(free.f_bavail * free.f_frsize - room * 1024, 0))
            before = refs(repo)
            entries = entry_count(repo)
            made = cli("--json", "task", "create", f"Room {room}", "--description", "x" * 3000)
            if made.exit_code:
                error = assert_refused(made, "WRITE_FAILED", 6)
                assert "nothing changed" in error["message"]
                assert refs(repo) == before
                refused += 1
            else:
                assert entry_count(repo) == entries + 1
                written.append(f"Room {room}")
            listed = cli("--json", "task", "list")
            assert [task["title"] for task in listed.json["result"]["tasks"]] == written
            assert cli("task", "show", "1").exit_code == 0
            ballast.unlink()
        assert refused >= 3
        assert len(written) > 3
        assert repo.git("fsck", "--full", "--no-dangling", "--no-progress") == ""
        assert_sound(repo)
        assert cli("task", "create", "Room again").exit_code == 0


@pytest.mark.parametrize("limit", [0, 40, 120, 200, 400, 1000])
def test_files_that_cannot_grow(limit: int, repo: Repo, started: Cli) -> None:
    """The same with a limit of file size, which needs no rights: every write beyond it fails."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    before, many = refs(repo), entry_count(repo)
    for words in (["task", "create", "Four", "--description", "x" * 5000], ["task", "list"], ["task", "show", "1"]):
        done = subprocess.run(
            Cli.argv("--json", *words),
            cwd=repo.path,
            env=Cli.environ({"PYTHONDONTWRITEBYTECODE": "1"}),
            preexec_fn=bound,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        result = Result(done.stdout.decode(), done.stderr.decode(), done.returncode)
        if words[1] != "create":
            assert result.json["ok"], result
        elif result.exit_code:
            assert_refused(result, "WRITE_FAILED", 6)
            assert refs(repo) == before
        else:
            assert entry_count(repo) == many + 1
    assert_sound(repo)


def read_only_checks(repo: Repo, run: Callable[..., Result]) -> None:
    """Writes are refused with a clear code, reads go on, warm and cold."""
    before = refs(repo)
    for words in (["task", "create", "x"], ["todo", "add", "--task", "1", "--text", "x"]):
        error = assert_refused(run("--json", *words), "WRITE_FAILED", 6)
        assert str(repo.path) in json.dumps(error)
        assert_said(run(*words), 6)
    for words in (["task", "list"], ["task", "show", "1"], ["task", "events", "1"], ["todo", "list", "1"], ["verify"], ["log"], ["status"]):
        result = run("--json", *words)
        assert result.exit_code == 0, (words, result)
        assert result.json["ok"]
    assert refs(repo) == before


@pytest.mark.parametrize("is_cold", [False, True], ids=["warm", "cold"])
def test_a_read_only_disk(is_cold: bool, repo: Repo, started: Cli) -> None:
    if is_cold:
        plumbing.forget_index(repo)
    git_dir = repo.path / ".git"
    with mounted(git_dir, "--bind", str(git_dir)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(git_dir)], check=True, capture_output=True)
        read_only_checks(repo, started)
    assert started("task", "create", "x").exit_code == 0


@pytest.mark.parametrize("is_cold", [False, True], ids=["warm", "cold"])
def test_a_folder_that_may_only_be_read(is_cold: bool, repo: Repo, started: Cli) -> None:
    """The same by permissions."""
    if is_cold:
        plumbing.forget_index(repo)
    folders = [repo.path / ".git", *(path for path in (repo.path / ".git").rglob("*") if path.is_dir())]
    modes = {path: path.stat().st_mode for path in folders}
    for path in folders:
        path.chmod(0o555)
    try:
        if os.geteuid() != 0:
            read_only_checks(repo, started)
        else:
            read_only_checks(repo, _bound_by_modes(started))
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def _bound_by_modes(cli: Cli) -> Callable[..., Result]:
    """Run the program in a child of root's that has to keep to the permissions of files as everybody else."""
    drop = "-dac_override,-dac_read_search"
    prefix = ["setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}"]

    def run(*words: str) -> Result:
        argv = [*prefix, *Cli.argv(*words)]
        done = subprocess.run(argv, cwd=cli.path, env=Cli.environ(), capture_output=True, timeout=60)
        return Result(done.stdout.decode(), done.stderr.decode(), done.returncode)

    probe = [*prefix, "touch", str(cli.path / ".git/probe")]
    if shutil.which("setpriv") is None or subprocess.run(probe, capture_output=True, timeout=60).returncode == 0:
        pytest.skip("root's rights cannot be given up here (setpriv)")
    return run
