"""`verify` and `reindex` on real ledgers, sound and damaged."""

import os

import pytest

from gitledger.errors import StorageError
from gitledger.ledger import open_ledger
from gitledger.ops._task_list import ListTasks
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask
from gitledger.ops.verify import RebuildIndex, VerifyLedger

REF = "refs/taskledger/main"


@pytest.fixture
def ledger(repo):
    made = open_ledger(str(repo.path))
    made.run(InitLedger())
    made.run(CreateTask(title="One"))
    made.run(CreateTask(title="Two"))
    return made


def rewrite(repo, path: str, content: str | None) -> str:
    """Add an entry with plain git in which the file at `path` holds `content`, or is gone. Returns the blob's id."""
    env = {"GIT_INDEX_FILE": str(repo.path / ".git" / "scratch-index")}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        repo.git("read-tree", REF)
        blob = repo.git("rev-parse", f"{REF}:{path}")
        if content is None:
            repo.git("rm", "--cached", "--quiet", path)
        else:
            blob = repo.git("hash-object", "-w", "--stdin", input=content)
            repo.git("update-index", "--cacheinfo", f"100644,{blob},{path}")
        commit = repo.git("commit-tree", repo.git("write-tree"), "-p", REF, "-m", "tampered")
    repo.git("update-ref", REF, commit)
    return blob


def files(repo, pattern: str) -> list[str]:
    return [path for path in repo.git("ls-tree", "-r", "--name-only", REF).split("\n") if pattern in path]


# ---------------------------------------------------------------------------------------------- verify


def test_a_sound_ledger_is_healthy(ledger, repo):
    view = ledger.run(VerifyLedger()).view
    assert (view.kind, view.healthy, view.findings, view.report_exit) == ("ledger_verify", True, [], 0)
    assert (view.entries, view.tasks, view.events) == (3, 2, 3)
    assert view.tip == repo.git("rev-parse", REF)


def test_a_removed_event_is_found_with_its_object_and_entry(ledger, repo, cli):
    (path,) = files(repo, "0001-")[:1]
    event = next(path for path in files(repo, "0001-") if "/events/" in path)
    blob = rewrite(repo, event, None)
    result = cli("verify", "--json")
    assert (result.exit_code, result.json["ok"], result.json["result"]["healthy"]) == (6, True, False)
    removed = next(f for f in result.json["result"]["findings"] if f["code"] == "EVENT_REMOVED")
    assert (removed["object"], removed["path"], removed["commit"]) == (blob, event, repo.git("rev-parse", REF))


def test_a_record_that_the_events_do_not_make_is_found(ledger, repo):
    record = next(path for path in files(repo, "0002-") if path.endswith("task.json"))
    text = repo.git("show", f"{REF}:{record}").replace("Two", "Too") + "\n"
    blob = rewrite(repo, record, text)
    view = ledger.run(VerifyLedger()).view
    assert [(finding.code, finding.object) for finding in view.findings] == [("DERIVED_DIFFERS", blob)]
    assert view.report_exit == 6


@pytest.mark.parametrize("name", ["task.json", "ledger.json"])
def test_what_cannot_be_read_is_a_finding_and_no_error(ledger, repo, cli, name):
    path = files(repo, name)[0]
    blob = rewrite(repo, path, "{")
    for cached in (repo.path / ".git" / "gitledger" / "index").iterdir():
        cached.unlink()
    # A record can be made again from the events, and reading goes on; without `ledger.json` it cannot …
    if name == "task.json":
        assert ledger.run(ListTasks()).view.total
    else:
        with pytest.raises(StorageError):
            ledger.run(ListTasks())
    # … and verify says why either way.
    result = cli("verify", "--json")
    assert result.exit_code == 6
    assert blob in [finding["object"] for finding in result.json["result"]["findings"]]


def test_a_missing_object_is_a_finding(ledger, repo):
    path = next(path for path in files(repo, "0001-") if "/events/" in path)
    blob = repo.git("rev-parse", f"{REF}:{path}")
    loose = repo.path / ".git" / "objects" / blob[:2] / blob[2:]
    os.chmod(loose, 0o600)
    loose.unlink()
    view = ledger.run(VerifyLedger()).view
    assert blob in [finding.object for finding in view.findings]


def test_verify_needs_a_ledger(cli):
    assert cli("verify", "--json").json["error"]["code"] == "NOT_INITIALISED"
    assert cli("reindex").exit_code == 6


def test_verify_writes_nothing(ledger, repo):
    before = repo.git("for-each-ref")
    ledger.run(VerifyLedger())
    ledger.run(RebuildIndex())
    assert (repo.git("for-each-ref"), repo.git("status", "--porcelain")) == (before, "")


def test_progress_is_told(ledger):
    told: list[tuple[int, int]] = []
    ledger.progress = lambda done, total: told.append((done, total))
    ledger.run(VerifyLedger())
    assert told[-1][0] == told[-1][1]


# ---------------------------------------------------------------------------------------------- reindex


def index_file(repo):
    (found,) = (repo.path / ".git" / "gitledger" / "index").glob("*.sqlite3")
    return found


def test_the_new_index_holds_what_the_ledger_holds(ledger, repo):
    ledger.run(ListTasks())
    view = ledger.run(RebuildIndex()).view
    assert (view.kind, view.counts["tasks"], view.ledger) == ("taskledger_reindex", 2, "main")
    assert not any(":" in name for name in view.counts)
    assert [task.title for task in ledger.run(ListTasks()).view.tasks] == ["One", "Two"]


def test_reindex_mends_an_index_that_lies(ledger, repo):
    import sqlite3

    ledger.run(ListTasks())
    with sqlite3.connect(index_file(repo)) as db:
        db.execute("DELETE FROM task")
    db.close()
    assert ledger.run(ListTasks()).view.total == 0
    ledger.run(RebuildIndex())
    assert ledger.run(ListTasks()).view.total == 2


@pytest.mark.parametrize("broken", [b"", b"not a database at all" * 100])
def test_reindex_replaces_a_file_that_is_no_index(ledger, repo, broken):
    ledger.run(ListTasks())
    path = index_file(repo)
    for beside in path.parent.iterdir():
        beside.unlink()
    path.write_bytes(broken)
    assert ledger.run(RebuildIndex()).view.counts["tasks"] == 2
    assert path.read_bytes().startswith(b"SQLite format 3")


def test_an_index_that_cannot_be_written_is_an_error_and_reads_go_on(ledger, repo):
    folder = repo.path / ".git" / "gitledger" / "index"
    ledger.run(ListTasks())
    for cached in folder.iterdir():
        cached.unlink()
    folder.rmdir()
    folder.write_text("in the way")
    with pytest.raises(StorageError) as error:
        ledger.run(RebuildIndex())
    assert error.value.code == "WRITE_FAILED"
    assert ledger.run(ListTasks()).view.total == 2
