"""The hooks through the real pre-commit framework, from a repository that holds what this one does."""

from pathlib import Path

import os
import shutil
import subprocess
import sys

import pytest

from gitledger.model import yaml
from gitledger.ops._hook_views import HOOKS
from tests.conftest import TIMEOUT_S, Cli, Repo
from tests.hooks.conftest import SOURCE

DEFINITIONS = SOURCE / ".pre-commit-hooks.yaml"


def test_every_hook_is_defined():
    defined = yaml.load(DEFINITIONS.read_bytes(), what=DEFINITIONS.name, strings=True)
    assert {entry["id"] for entry in defined} == {f"gitledger-{hook}" for hook in HOOKS}
    for entry in defined:
        hook = entry["id"].removeprefix("gitledger-")
        assert (entry["entry"], entry["stages"], entry["language"]) == (f"hooks/{hook}", [hook], "script")
        assert entry["always_run"] == "true"
        # The message's file is what these two are given.
        assert (entry.get("pass_filenames") == "false") == (not hook.endswith("commit-msg"))


def pre_commit(repo: Repo, *args: str) -> None:
    argv = [sys.executable, "-m", "pre_commit", *args]
    done = subprocess.run(argv, cwd=repo.path, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def managed(make_repo, tmp_path, monkeypatch) -> Repo:
    """A repository with an active task whose hooks are pre-commit's, as `hooks install` says."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    source = make_repo("gitledger's own", commit=False)
    shutil.copy(DEFINITIONS, source.path)
    shutil.copytree(SOURCE / "hooks", source.path / "hooks")
    source.commit("Release")
    source.git("tag", "v0.1.0")
    repo = make_repo()
    cli = Cli(repo.path)
    for words in (["init"], ["task", "create", "One"], ["task", "activate", "1"]):
        assert cli(*words).exit_code == 0
    repo.write(".pre-commit-config.yaml", "repos: []\n")
    told = cli("--json", "hooks", "install").json["result"]["snippet"]["text"]
    repo.write(".pre-commit-config.yaml", told.replace("URL-OF-GITLEDGER", f'"{source.path}"').replace("VERSION", "v0.1.0"))
    repo.git("add", ".pre-commit-config.yaml")
    pre_commit(repo, "install")
    return repo


def test_the_same_hooks_through_pre_commit(managed, make_repo):
    repo, cli = managed, Cli(managed.path)
    assert {path.name for path in (repo.path / ".git/hooks").glob("*[a-z]") if path.suffix == ""} == {*HOOKS} - {"post-rewrite"}
    status = cli("--json", "hooks", "status")
    assert status.exit_code == 0 and status.json["result"]["manager"] == "pre-commit", status
    uid = cli("--json", "task", "active").json["result"]["uid"]
    repo.git("commit", "--quiet", "-m", "Use pre-commit")
    assert repo.git("log", "-1", "--format=%(trailers)").splitlines()[:2] == ["Task: task-0001", f"Task-Id: {uid}"]
    assert uid in repo.git("notes", "--ref=taskledger", "show", "HEAD")
    # A template left as it is.
    template = repo.write("template", "Why:\n")
    done = subprocess.run(
        ["git", "commit", "--allow-empty", "-t", str(template)],
        cwd=repo.path, env={**os.environ, "GIT_EDITOR": "true"}, capture_output=True, timeout=TIMEOUT_S,
    )
    assert done.returncode == 1 and b"did not edit the message" in done.stderr
    # The policy refuses: a commit, and a push of one that belongs to no task.
    repo.write(".gitledger.yaml", "version: 1\ncommits: require\n")
    done = subprocess.run(["git", "commit", "--allow-empty", "-m", "x"], cwd=repo.path, capture_output=True, timeout=TIMEOUT_S)
    assert done.returncode == 1 and b"GATE_BLOCKED" in done.stderr
    hub = make_repo("hub.git", bare=True)
    repo.git("remote", "add", "origin", str(hub.path))
    done = subprocess.run(["git", "push", "origin", "main"], cwd=repo.path, capture_output=True, timeout=TIMEOUT_S)
    assert done.returncode == 1 and b"belong" in done.stdout and b" Begin" in done.stdout


def test_what_it_does_not_tell_is_found_by_reconciling(managed):
    """A rewrite through pre-commit leaves notes behind; `commits reconcile` leads them on, and so does our own hook beside."""
    repo, cli = managed, Cli(managed.path)
    repo.git("commit", "--quiet", "-m", "Use pre-commit")
    uid = cli("--json", "task", "active").json["result"]["uid"]
    repo.git("commit", "--quiet", "--amend", "-m", "Use it", "--no-verify")
    assert cli("commits", "reconcile").exit_code == 0
    assert uid in repo.git("notes", "--ref=taskledger", "show", "HEAD")
    done = cli("--json", "hooks", "install", "--beside", "post-rewrite")
    assert done.json["result"]["written"] and cli("hooks", "status").exit_code == 0, done
    # Without a hook of pre-commit's, so that nobody else records the new commit.
    (repo.path / ".git/hooks/post-commit").unlink()
    repo.git("commit", "--quiet", "--amend", "-m", "Use it well", "--no-verify")
    assert uid in repo.git("notes", "--ref=taskledger", "show", "HEAD")
