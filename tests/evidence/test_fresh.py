"""Evidence bound to the code: trees that are recorded, the policy `evidence: fresh` over commits and clones, and running it again."""

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import Cli, Repo
from tests.evidence.conftest import EXITS, Work, python

PASSES = python("pass")


def events(work: Work, *types: str) -> list[dict]:
    """The events of these types, as plain git shows them."""
    listed = work.repo.git("ls-tree", "-r", "--name-only", "refs/taskledger/main", "tasks/").splitlines()
    paths = [path for path in listed if "/events/" in path]
    found = [json.loads(work.repo.git("show", f"refs/taskledger/main:{path}")) for path in paths]
    return [event for event in found if event["type"] in types]


def head_tree(work: Work) -> str:
    return work.repo.git("rev-parse", "HEAD^{tree}")


def test_what_is_done_names_the_tree_that_it_was_done_on(work):
    work.repo.write("door.py", "shuts = True\n")
    work.repo.write("new.py", "x\n")
    work.do("todo", "done", "1", "--evidence", "seen")
    work.do("evidence", "add", "--summary", "Seen.", "--passed")
    work.do("implement", "finish", "--summary", "Done.")
    work.do("validate", "start")
    work.do("validate", "check", "--criterion", "1")
    work.do("validate", "finish", "--result", "passed", "--summary", "Fine.")
    recorded = [*events(work, "todo.done", "evidence.recorded", "check.recorded"), *events(work, "run.finished")[1:]]
    assert len(recorded) == 5
    work.repo.git("commit", "-aqm", "tracked")
    tracked = head_tree(work)
    work.repo.commit("all")
    assert {(event["data"]["tree"], event["data"]["tree_all"]) for event in recorded} == {(tracked, head_tree(work))}


def test_other_writes_ask_git_for_no_tree(work, monkeypatch):
    from gitledger.ledger import sourcetree

    monkeypatch.setattr(sourcetree, "tree_ids", lambda *args, **options: pytest.fail("a tree was asked for"))
    work.do("todo", "add", "--text", "More")
    work.do("task", "create", "Another")
    work.do("implement", "log", "--message", "x")
    work.do("next-action")


def test_in_a_bare_repository_no_tree_is_told(make_repo):
    work = Work(make_repo("bare", bare=True))
    work.do("init")
    work.do("task", "create", "T")
    work.do("todo", "add", "--task", "1", "--text", "x")
    work.do("todo", "done", "1", "--task", "1")
    assert events(work, "todo.done")[0]["data"].keys() == {"todo"}
    assert work.do("run", "--task", "1", *PASSES)["evidence"]["tree"] is None


def test_where_git_cannot_tell_the_work_goes_on(work):
    (work.repo.path / ".git" / "index").write_bytes(b"no index")
    done = work.cli("--json", "todo", "done", "1", "--evidence", "seen")
    assert done.exit_code == 0 and "source tree could not be told" in done.json["warnings"][0]
    assert "tree" not in events(work, "todo.done")[0]["data"]


# ---------------------------------------------------------------------------------------------- the policy


@pytest.fixture
def strict(work) -> Work:
    """Somebody at work under `evidence: fresh`."""
    work.policy("evidence: fresh\n")
    return work


def test_finishing_needs_evidence_of_the_tree_that_is_there(strict):
    strict.repo.write("door.py", "shuts = True\n")
    strict.repo.write("new.py", "x\n")
    strict.do("run", "--todo", "1", *PASSES)
    strict.do("todo", "done", "1", "--evidence", "tests pass")
    strict.repo.write("door.py", "shuts = 'maybe'\n")
    strict.repo.write("new.py", "y\n")
    strict.repo.write("newer.py", "z\n")
    error = strict.refused("implement", "finish", "--summary", "Done.", code="EVIDENCE_STALE")
    assert error["details"]["changed"] == ["door.py", "new.py", "newer.py"]
    assert error["message"].endswith("belongs to another source tree; changed since: door.py, new.py, newer.py.")
    assert error["details"]["blockers"][0]["changed_since"] == "evidence"
    nxt = strict.do("next-action")
    assert (nxt["action"], nxt["blocking"][0]["message"]) == ("implement-finish", error["message"])
    strict.do("run", "--todo", "1", *PASSES)
    strict.repo.commit("Everything is committed")  # what was untracked is now part of HEAD's tree: the same source
    strict.do("implement", "finish", "--summary", "Done.")


def test_validation_needs_it_too(strict):
    strict.do("todo", "done", "1", "--evidence", "seen")
    strict.do("implement", "finish", "--summary", "Done.")
    strict.do("validate", "start")
    strict.do("validate", "command", "--criterion", "1", *PASSES)
    strict.repo.write("door.py", "shuts = True\n")
    strict.repo.commit("Late change")
    error = strict.refused("validate", "finish", "--result", "passed", "--summary", "x", code="EVIDENCE_STALE")
    assert error["details"]["changed"] == ["door.py"]
    assert not strict.do("validate", "status")["result"]["can_finish_passed"]
    assert "evidence-0001" in strict.cli("context", "--for", "validator").stdout
    # A word does not outweigh what was captured.
    strict.do("validate", "check", "--criterion", "1")
    strict.refused("validate", "finish", "--result", "passed", "--summary", "x", code="EVIDENCE_STALE")
    strict.do("validate", "command", "--criterion", "1", *PASSES)
    strict.do("validate", "finish", "--result", "passed", "--summary", "Fine.")


def test_nothing_is_written_by_asking(strict):
    strict.repo.write("door.py", "changed\n")
    before = strict.repo.git("count-objects", "-v"), (strict.repo.path / ".git" / "index").read_bytes()
    strict.cli("next-action")
    strict.cli("evidence", "verify")
    strict.cli("validate", "status")
    assert (strict.repo.git("count-objects", "-v"), (strict.repo.path / ".git" / "index").read_bytes()) == before
    assert not list((strict.repo.path / ".git" / "gitledger").glob("tree*"))


def test_the_kept_trees_are_no_objects_of_the_repository(strict):
    """Neither `git fsck` nor `git gc` sees them."""
    strict.repo.write("door.py", "changed\n")
    strict.do("run", *PASSES)
    assert list((strict.repo.path / ".git" / "gitledger" / "trees").glob("??/*"))
    strict.repo.git("fsck", "--strict")
    strict.repo.git("gc", "--quiet", "--prune=now")
    strict.repo.write("door.py", "changed again\n")
    [item] = strict.cli("--json", "evidence", "verify").json["result"]["evidence"]
    assert (item["state"], item["changed"], item["changed_since"]) == ("stale", ["door.py"], "evidence")


# ---------------------------------------------------------------------------------------------- in another clone


@pytest.fixture
def cloned(work, tmp_path) -> tuple[Work, Work]:
    """Two clones with the same ledger; the evidence was captured in the first."""
    work.repo.write("door.py", "shuts = True\n")
    work.do("run", "--todo", "1", *python("open('ran', 'a').write('x')"))
    work.repo.git("clone", "-q", str(work.repo.path), str(tmp_path / "clone"))
    other = Work(Repo(tmp_path / "clone"))
    other.repo.git("fetch", "-q", "origin", "refs/taskledger/main:refs/taskledger/main")
    other.do("task", "activate", "1")
    return work, other


def test_another_clone_names_what_it_can(cloned):
    work, other = cloned
    done = other.cli("--json", "evidence", "verify")
    [item] = done.json["result"]["evidence"]
    assert done.exit_code == 7
    # Its tree was never committed: over there only the last commit is known.
    assert (item["state"], item["changed"], item["changed_since"]) == ("stale", [], "HEAD")
    work.repo.git("commit", "-aqm", "Door")
    other.repo.git("pull", "-q")
    assert other.do("evidence", "verify")["holds"]
    other.repo.write("door.py", "shuts = None\n")
    [item] = other.cli("--json", "evidence", "verify").json["result"]["evidence"]
    assert (item["changed"], item["changed_since"]) == (["door.py"], "evidence")


def test_what_another_clone_recorded_is_run_only_when_trusted(cloned):
    work, other = cloned
    before = other.tip
    error = other.refused("evidence", "verify", "--rerun", "--yes", code="NOT_TRUSTED")
    assert error["hint"] == "gitledger evidence show evidence-0001 --task task-0001"
    assert not other.do("evidence", "show", "1")["trusted"]
    assert not (other.repo.path / "ran").exists() and other.tip == before
    assert other.do("evidence", "trust", "1")["already"] is False
    assert other.tip == before
    done = other.do("evidence", "verify", "--rerun", "--yes")
    assert (other.repo.path / "ran").read_text() == "x"
    assert [(item["state"], item["became"]) for item in done["evidence"]] == [("superseded", "evidence-0002"), ("fresh", None)]
    # Trust is this clone's own: the first one still knows nothing but what it recorded.
    assert (other.repo.path / ".git" / "gitledger" / "trusted-evidence").exists()
    assert work.do("evidence", "show", "1")["trusted"]


# ---------------------------------------------------------------------------------------------- asking


def test_without_a_terminal_somebody_has_to_say_yes(work):
    work.do("run", *python("open('ran', 'a').write('x')"))
    work.repo.write("door.py", "changed\n")
    before = work.tip
    error = work.refused("evidence", "verify", "--rerun", code="CONFIRMATION_REQUIRED")
    assert len(error["details"]["commands"]) == 1 and sys.executable in error["details"]["commands"][0]
    assert work.tip == before and (work.repo.path / "ran").read_text() == "x"
    done = work.cli("evidence", "verify", "--rerun", "--yes")
    assert done.exit_code == 0 and done.stderr.startswith("again: ") and "→ evidence-0002" in done.stdout
    assert (work.repo.path / "ran").read_text() == "xx"


@pytest.mark.parametrize(("answer", "code", "times"), [("y\n", 0, 2), ("\n", 3, 1), ("no\n", 3, 1)])
def test_at_a_terminal_a_person_is_asked(work, answer, code, times):
    pty = pytest.importorskip("pty")
    work.do("run", *python("open('ran', 'a').write('x'); print('it ran')"))
    work.repo.write("door.py", "changed\n")
    controller, terminal = pty.openpty()
    try:
        with subprocess.Popen(
            Cli.argv("evidence", "verify", "--rerun"),
            cwd=work.repo.path,
            env=Cli.environ(),
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            asked = b""
            while b"[y/N]" not in asked:
                piece = os.read(process.stderr.fileno(), 1024)
                assert piece, asked
                asked += piece
            os.write(controller, answer.encode())
            output, _ = process.communicate(timeout=30)
    finally:
        os.close(controller)
        os.close(terminal)
    assert sys.executable.encode() in asked and process.returncode == code
    assert (work.repo.path / "ran").read_text() == "x" * times
    assert (b"it ran" in output) == (times == 2)


def test_one_that_fails_again_is_recorded_and_does_not_hold(work):
    work.cli("run", *python(EXITS, "1"))
    done = work.cli("--json", "evidence", "verify", "--rerun", "--yes")
    assert done.exit_code == 7 and len(done.json["events"]) == 1
    assert [item["state"] for item in done.json["result"]["evidence"]] == ["superseded", "failed"]


def test_the_list_of_trusted_evidence_is_bounded(work, monkeypatch):
    from gitledger.ledger import open_ledger, trust

    monkeypatch.setattr(trust, "MAX_BYTES", 210)
    repo = open_ledger(str(work.repo.path)).repo
    ids = [f"{number:020x}" for number in range(15)]
    for one in ids:
        assert trust.trust(repo, [one])
    assert [trust.is_trusted(repo, one) for one in ids[-5:]] == [True] * 5
    assert not trust.is_trusted(repo, ids[0])
    assert (work.repo.path / ".git" / "gitledger" / trust.FILE).stat().st_size <= 231
