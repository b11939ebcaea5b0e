"""Finding and opening repositories as git does, and saying why one cannot be opened."""

import os
import subprocess

import pygit2
import pytest

from gitledger.errors import InvalidInput, StorageError
from gitledger.store.repo import check_ledger_name, open_repository, ref_of


def test_unborn(repo, folder) -> None:
    assert (repo.git_dir, repo.common_dir) == (str(folder / ".git"), str(folder / ".git"))
    assert repo.work_tree == str(folder) and not repo.is_bare
    assert (repo.branch(), repo.head(), repo.ledgers(), repo.tip("main")) == ("main", None, {}, None)


def test_branch_and_detached(repo, folder, git) -> None:
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    tip = git(folder, "rev-parse", "HEAD")
    assert (repo.branch(), repo.head()) == ("main", tip)
    git(folder, "checkout", "-q", "-b", "feature/ü")
    assert (repo.branch(), repo.head()) == ("feature/ü", tip)
    git(folder, "pack-refs", "--all")
    assert repo.head() == tip
    git(folder, "checkout", "-q", "--detach")
    assert (repo.branch(), repo.head()) == (None, tip)


def test_subfolder_and_inside_git(folder, reopen) -> None:
    (folder / "a/b").mkdir(parents=True)
    for inside in ("a/b", ".git", ".git/objects"):
        found = reopen(folder / inside)
        assert (found.work_tree, found.git_dir) == (str(folder), str(folder / ".git"))


def test_linked_worktrees_share_and_differ(folder, tmp_path, reopen, git) -> None:
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    git(folder, "worktree", "add", "-q", "../other")
    one, two = reopen(folder), reopen(tmp_path / "other")
    assert two.common_dir == one.common_dir and two.git_dir != one.git_dir
    assert (one.branch(), two.branch()) == ("main", "other")
    assert two.work_tree == str(tmp_path / "other")
    assert one.worktree_key != two.worktree_key and len(one.worktree_key) == 8
    one.pg.references.create(ref_of("main"), one.head())
    assert two.tip("main") == one.head()
    # As a hook of git gives it in a linked work tree.
    hook = open_repository(str(tmp_path / "other"), {"GIT_DIR": two.git_dir, "GIT_COMMON_DIR": two.common_dir})
    assert (hook.branch(), hook.tip("main"), hook.worktree_key) == ("other", one.head(), two.worktree_key)


def test_bare(tmp_path, reopen, git) -> None:
    git(tmp_path, "init", "-q", "--bare", "-b", "trunk", "b.git")
    for inside in ("b.git", "b.git/refs"):
        bare = reopen(tmp_path / inside)
        assert bare.is_bare and bare.work_tree is None and bare.branch() == "trunk"
        assert bare.git_dir == bare.common_dir == str(tmp_path / "b.git")


def test_environment_names_the_repository(folder, tmp_path, git) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    found = open_repository(str(elsewhere), {"GIT_DIR": str(folder / ".git"), "GIT_WORK_TREE": str(folder)})
    assert found.work_tree == str(folder)
    found = open_repository(str(folder), {"GIT_DIR": ".git"})
    assert found.work_tree == str(folder)
    found = open_repository(str(elsewhere), {"GIT_DIR": "../project/.git"})
    assert found.work_tree == str(elsewhere)
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    git(folder, "worktree", "add", "-q", "../linked")
    private = str(folder / ".git/worktrees/linked")
    odd = open_repository(str(tmp_path / "linked"), {"GIT_DIR": private, "GIT_COMMON_DIR": str(folder / ".git")})
    assert odd.branch() == "linked"
    with pytest.raises(StorageError) as caught:
        open_repository(str(folder), {"GIT_DIR": "nowhere"})
    assert caught.value.code == "NOT_A_REPOSITORY"


def test_process_environment_is_not_looked_at(folder, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert open_repository(str(folder), {}).work_tree == str(folder)


def test_no_repository(tmp_path) -> None:
    with pytest.raises(StorageError) as caught:
        open_repository(str(tmp_path), {"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert (caught.value.code, caught.value.hint, caught.value.exit_code) == ("NOT_A_REPOSITORY", ("git", "init"), 6)
    with pytest.raises(InvalidInput):
        open_repository(str(tmp_path / "nope"), {})


def test_ceiling(folder) -> None:
    (folder / "sub").mkdir()
    with pytest.raises(StorageError):
        open_repository(str(folder / "sub"), {"GIT_CEILING_DIRECTORIES": str(folder)})


def test_sha256_and_reftable_are_named(tmp_path, folder, git, reopen) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", "big")
    with pytest.raises(StorageError) as caught:
        reopen(tmp_path / "big")
    assert caught.value.code == "UNSUPPORTED_REPOSITORY" and "sha256" in caught.value.message
    # Written by hand: reftable needs git 2.45.
    git(folder, "config", "core.repositoryFormatVersion", "1")
    git(folder, "config", "extensions.refStorage", "reftable")
    with pytest.raises(StorageError) as caught:
        reopen(folder)
    assert caught.value.code == "UNSUPPORTED_REPOSITORY" and "reftable" in caught.value.message


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_folder_of_another_user(folder, reopen) -> None:
    subprocess.run(["chown", "-R", "12345", str(folder)], check=True)
    with pytest.raises(StorageError) as caught:
        reopen(folder)
    assert caught.value.code == "UNSAFE_REPOSITORY"
    assert caught.value.hint[-1] == "safe.directory"
    assert caught.value.remediation[0].endswith(f"--add safe.directory {folder}")
    given = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    assert open_repository(str(folder), given).work_tree == str(folder)
    assert pygit2.option(pygit2.enums.Option.GET_OWNER_VALIDATION) == 1


def test_settings(repo, folder, git, tmp_path) -> None:
    assert repo.identity() is None and not repo.has_identity
    for name, value in (
        ("user.name", "Eve"),
        ("user.email", "eve@example.org"),
        ("taskledger.remoteNamespace", "refs/x"),
        ("taskledger.Feat/A b.parent", "main"),
    ):
        git(folder, "config", name, value)
    git(folder, "config", "--add", "taskledger.lease", "1")
    git(folder, "config", "--add", "taskledger.lease", "2")
    with open(folder / ".git/config", "a") as file:
        file.write("[taskledger]\n\tfsync\n")
    repo.forget_settings()
    assert repo.setting("taskledger.remotenamespace") == repo.setting("Taskledger.RemoteNamespace") == "refs/x"
    assert repo.setting("taskledger.lease") == "2" and repo.setting("taskledger.fsync") == "true"
    assert repo.setting("taskledger.none") is None and repo.setting("nonsense") is None
    assert repo.settings("taskledger.Feat/A b.") == {"taskledger.Feat/A b.parent": "main"}
    assert repo.identity() == ("Eve", "eve@example.org") and repo.has_identity
    given = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "TaskLedger.lease",
        "GIT_CONFIG_VALUE_0": "3",
        "GIT_CONFIG_PARAMETERS": "'taskledger.default'='it'\\''s' 'user.name=Old'",
    }
    other = open_repository(str(folder), given)
    assert (other.setting("taskledger.lease"), other.setting("user.name")) == ("3", "Old")
    assert other.setting("taskledger.default") == "it's"
    user = tmp_path / "user.config"
    user.write_text("[taskledger]\n\tlease = 9\n\tactor = me\n")
    layered = open_repository(str(folder), {"GIT_CONFIG_GLOBAL": str(user), "GIT_CONFIG_NOSYSTEM": "1"})
    assert (layered.setting("taskledger.lease"), layered.setting("taskledger.actor")) == ("2", "me")


def test_broken_settings(folder, reopen) -> None:
    repo = reopen(folder)
    (folder / ".git/config").write_text("[broken\n")
    repo.forget_settings()
    with pytest.raises(StorageError) as caught:
        repo.setting("user.name")
    assert caught.value.code == "BAD_CONFIG"


def test_ledgers_and_broken_refs(repo, folder, git) -> None:
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    tip = repo.head()
    for name in ("main", "feature/x"):
        repo.pg.references.create(ref_of(name), tip)
    assert repo.ledgers() == {"feature/x": tip, "main": tip}
    git(folder, "pack-refs", "--all")
    assert repo.ledgers() == {"feature/x": tip, "main": tip} and repo.tip("main") == tip
    (folder / ".git/refs/taskledger").mkdir(exist_ok=True)
    (folder / ".git/refs/taskledger/main").write_bytes(b"")
    assert repo.ledgers() == {"feature/x": tip}
    with pytest.raises(StorageError) as caught:
        repo.tip("main")
    assert caught.value.code == "STORAGE_CORRUPTION"


def test_policy(repo, folder, tmp_path, git, reopen) -> None:
    assert repo.policy_bytes() is None
    (folder / ".gitledger.yaml").write_bytes(b"version: 1\n")
    blob = git(folder, "hash-object", ".gitledger.yaml")
    assert repo.policy_bytes() == (b"version: 1\n", blob)
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "x")
    git(tmp_path, "clone", "-q", "--bare", str(folder), "b.git")
    assert reopen(tmp_path / "b.git").policy_bytes() == (b"version: 1\n", blob)
    (folder / ".gitledger.yaml").unlink()
    (folder / ".gitledger.yaml").symlink_to("/etc/hostname")
    with pytest.raises(InvalidInput):
        repo.policy_bytes()


def test_policy_of_a_bare_repository_without_commits(tmp_path, git, reopen) -> None:
    git(tmp_path, "init", "-q", "--bare", "b.git")
    assert reopen(tmp_path / "b.git").policy_bytes() is None


def test_ledger_names() -> None:
    for name in ("main", "feature/x", "ü", "@", "a.b"):
        check_ledger_name(name)
