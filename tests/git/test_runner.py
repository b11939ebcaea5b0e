"""How git is run: what reaches it from the environment, and what its failures become."""

import os
import stat
import subprocess
import time

import pytest

from gitledger.errors import StorageError
from gitledger.git import Git, git_version, runner


@pytest.fixture
def here(repo) -> Git:
    return at(repo)


def at(repo, **environ) -> Git:
    folder = str(repo.path / ".git")
    return Git(folder, folder, str(repo.path), {**os.environ, **environ})


def fake(tmp_path, script: str) -> dict[str, str]:
    """An environment in which `git` is this script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_the_list_of_local_variables_is_gits_own():
    listed = subprocess.run(["git", "rev-parse", "--local-env-vars"], capture_output=True, text=True, check=True, timeout=20)
    assert set(listed.stdout.split()) <= set(runner.LOCAL_VARIABLES)


def test_nothing_that_names_another_repository_reaches_git(repo, make_repo):
    other = make_repo("other")
    foreign = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git" / "index"),
        "GIT_OBJECT_DIRECTORY": str(other.path / ".git" / "objects"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_CONFIG_PARAMETERS": "'core.bare=true'",
    }
    mine = at(repo, **foreign)
    assert mine.run("rev-parse", "--show-toplevel").decode().strip() == str(repo.path)
    assert mine.run("rev-parse", "HEAD").decode().strip() == repo.git("rev-parse", "HEAD")
    assert "GIT_CONFIG_KEY_0" not in mine.variables() and "GIT_CONFIG_VALUE_0" not in mine.variables()
    assert mine.variables()["GIT_TERMINAL_PROMPT"] == "0"
    assert mine.variables()["GIT_CONFIG_GLOBAL"] == os.environ["GIT_CONFIG_GLOBAL"]


def test_no_hook_of_the_user_runs(repo, tmp_path):
    hook = repo.path / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    at(repo).run("update-ref", "refs/heads/x", "HEAD")
    assert not (tmp_path / "ran").exists()
    repo.git("update-ref", "refs/heads/y", "HEAD")
    assert (tmp_path / "ran").exists()


def test_arguments_meet_no_shell(repo, here, tmp_path):
    name = f"a b;touch {tmp_path}/ran $(touch {tmp_path}/ran)"
    assert here.run("rev-parse", "--verify", "--quiet", "--", name, accept=(1, 128)) == b""
    assert not (tmp_path / "ran").exists()


def test_a_failure_says_what_git_said_without_control_sequences(repo, tmp_path):
    environ = fake(tmp_path, "printf '\\033[31mfatal\\033[0m: no\\007 luck\\n' >&2; exit 3")
    with pytest.raises(StorageError) as caught:
        at(repo, **environ).run("status", "-x")
    assert (caught.value.code, caught.value.exit_code) == ("GIT_FAILED", 6)
    assert caught.value.details == {"argv": ["status", "-x"], "exit_code": 3, "stderr": "[31mfatal[0m: no luck"}


def test_what_git_says_is_bounded(repo, tmp_path):
    environ = fake(tmp_path, "yes x | head -c 1000000 >&2; exit 1")
    with pytest.raises(StorageError) as caught:
        at(repo, **environ).run("status")
    assert 4000 < len(caught.value.details["stderr"]) <= 4096


def test_a_git_that_hangs_is_given_up(repo, tmp_path):
    environ = fake(tmp_path, "exec sleep 30")
    began = time.monotonic()
    with pytest.raises(StorageError) as caught:
        at(repo, **environ).run("status", timeout=0.2)
    assert caught.value.code == "GIT_TIMEOUT" and time.monotonic() - began < 10


def test_git_reads_no_input_that_was_not_given(here):
    assert here.run("hash-object", "--stdin").decode().strip() == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert here.run("hash-object", "--stdin", stdin=b"x") != here.run("hash-object", "--stdin")


@pytest.mark.parametrize("path", ["", "/nowhere", "."])
def test_a_missing_git_is_said(repo, path, monkeypatch):
    program = repo.write("git", "#!/bin/sh\ntouch ran\n")
    program.chmod(0o755)
    monkeypatch.chdir(repo.path)
    monkeypatch.setattr(os, "defpath", "/nowhere")
    for call in (lambda: at(repo, PATH=path).run("status"), lambda: git_version({"PATH": path})):
        with pytest.raises(StorageError) as caught:
            call()
        assert caught.value.code == "GIT_MISSING"
    assert not (repo.path / "ran").exists()


def test_a_null_in_an_argument_is_an_error_of_ours(here):
    with pytest.raises(StorageError):
        here.run("rev-parse", "a\0b")


def test_version(tmp_path):
    assert git_version(os.environ) >= (2, 20)
    assert git_version(fake(tmp_path, "echo 'git version 2.39.5 (Apple Git-154)'")) == (2, 39, 5)


def test_a_version_nobody_can_read(tmp_path):
    with pytest.raises(StorageError):
        git_version(fake(tmp_path, "echo hello"))
