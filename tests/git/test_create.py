"""A repository that holds nothing but refs: made whole, in a form that can be read, and once."""

from concurrent.futures import ThreadPoolExecutor

import os

import pytest

from gitledger.errors import StorageError
from gitledger.git import create_bare
from gitledger.ledger import open_ledger
from gitledger.ops.ledger import InitLedger


def test_it_is_made_once_and_whole_however_many_make_it(tmp_path):
    path = str(tmp_path / "deep" / "tasks.git")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: create_bare(path, os.environ), range(4)))
    assert os.listdir(tmp_path / "deep") == ["tasks.git"]
    ledger = open_ledger(path, environ=dict(os.environ), has_terminal=False)
    assert ledger.repo.is_bare and ledger.run(InitLedger()).changed
    create_bare(path, os.environ)
    assert ledger.tip is not None


def test_what_git_makes_by_itself_does_not_matter(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    path = str(tmp_path / "tasks.git")
    create_bare(path, {**os.environ, "GIT_DEFAULT_HASH": "sha256", "GIT_DIR": str(tmp_path)})
    assert "sha256" not in (tmp_path / "tasks.git" / "config").read_text()


def test_where_nothing_can_be_written_it_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError) as refused:
        create_bare(str(tmp_path / "file" / "tasks.git"), os.environ)
    assert refused.value.code == "WRITE_FAILED"
