"""A ledger of an older fold version: read as it is, and made again in one entry by the first write of this one."""

import pytest

from gitledger.ledger import open_ledger
from gitledger.model import codec
from gitledger.ops.comment import AddComment
from gitledger.ops.log import ShowLog
from gitledger.store.chain import write_entry
from gitledger.store.verify import verify
from tests.wire import freeze

OLD = sorted(int(path.name) for path in freeze.RECORDS.iterdir() if int(path.name) < codec.FOLD_VERSION)


@pytest.fixture(params=OLD, ids=lambda fold: f"fold {fold}")
def old(request, repo):
    """The frozen ledger of an older version, as the repository's."""
    folder = freeze.RECORDS / str(request.param)
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    ledger = open_ledger(str(repo.path))
    tip = write_entry(ledger.repo, None, files, message="old\n", author=("A", "a@b"), seconds=1)
    repo.git("update-ref", "refs/taskledger/main", tip)
    return repo


def ledger_json(repo) -> dict:
    return codec.decode_ledger(repo.git("cat-file", "blob", "refs/taskledger/main:ledger.json").encode())


def events_of(repo) -> set[str]:
    return {line for line in repo.git("ls-tree", "-r", "--format=%(objectname) %(path)", "refs/taskledger/main").splitlines() if "/events/" in line}


def comment(repo):
    return open_ledger(str(repo.path)).run(AddComment(task="31", text="Still here."))


def test_reading_leaves_it_as_it_is(old):
    tip = old.git("rev-parse", "refs/taskledger/main")
    ledger = open_ledger(str(old.path))
    assert ledger.run(ShowLog()).view.total == 1
    assert old.git("rev-parse", "refs/taskledger/main") == tip


def test_the_first_write_makes_every_record_again(old):
    before = events_of(old)
    comment(old)
    subjects = old.git("log", "--format=%s", "refs/taskledger/main").splitlines()
    assert subjects[1:] == [f"refold: fold {OLD[0]} to {codec.FOLD_VERSION}", "old"]
    assert ledger_json(old).fold == codec.FOLD_VERSION
    assert before < events_of(old)
    comment(old)
    assert len(old.git("log", "--format=%s", "refs/taskledger/main").splitlines()) == 4
    ledger = open_ledger(str(old.path))
    report = verify(ledger.repo, "main", ledger.tip)
    assert [finding for finding in report.findings if finding.code != "LOST_EVENT"] == []
    assert not any("fold" in note for note in report.notes)


def test_two_clones_make_the_same_of_it(old, tmp_path):
    old.git("clone", "-q", ".", str(tmp_path / "other"))
    old.git("push", "-q", str(tmp_path / "other"), "refs/taskledger/main")
    comment(old)
    open_ledger(str(tmp_path / "other")).run(AddComment(task="31", text="Here too."))
    trees = [old.git("-C", str(place), "rev-parse", "refs/taskledger/main~1^{tree}") for place in (old.path, tmp_path / "other")]
    assert trees[0] == trees[1]
