"""Pointers of sessions and work trees."""

import pytest

from gitledger.errors import StorageError
from gitledger.store import local


def test_pointers_are_apart(repo) -> None:
    one, two = local.session_key("../../A/b"), local.session_key("x" * 400)
    value = {"main": {"uid": "3f9c", "reason": "ü", "at": "2026"}}
    assert local.read_pointer(repo, one) is None
    local.write_pointer(repo, one, value)
    local.write_pointer(repo, two, {})
    assert local.read_pointer(repo, one) == value
    assert local.read_pointer(repo, two) == {}
    assert local.read_pointer(repo, local.worktree_key(repo)) is None
    local.write_pointer(repo, one, None)
    local.write_pointer(repo, one, None)
    assert local.read_pointer(repo, one) is None
    assert local.read_pointer(repo, two) == {}


def test_session_keys_stay_in_their_folder(repo, folder) -> None:
    local.write_pointer(repo, local.session_key("../../../evil"), {})
    assert [path.parent.name for path in folder.rglob("*evil*")] == ["pointers"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_unreadable_content_counts_as_absent(repo, folder, content) -> None:
    local.write_pointer(repo, "k", {"main": {}})
    (path,) = (folder / ".git/gitledger/pointers").iterdir()
    path.write_bytes(content)
    assert local.read_pointer(repo, "k") is None
    local.write_pointer(repo, "k", {"main": {}})
    assert local.read_pointer(repo, "k") == {"main": {}}


def test_refusing_disk_is_told(repo, folder) -> None:
    (folder / ".git/gitledger").write_text("")
    assert local.read_pointer(repo, "k") is None
    local.write_pointer(repo, "k", None)
    with pytest.raises(StorageError):
        local.write_pointer(repo, "k", {})
