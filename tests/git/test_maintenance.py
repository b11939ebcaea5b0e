"""Maintenance: started, never waited for, and nobody's problem when it cannot be."""

import os
import stat
import time

import pytest

from gitledger.git import Git, maintenance, start_maintenance


@pytest.fixture
def start(repo, tmp_path):
    """Start maintenance with a `git` that is a script; gives the arguments that it was started with."""
    folder = str(repo.path / ".git")
    log = tmp_path / "log"

    def run(version: str, body: str = "") -> list[str]:
        program = tmp_path / "bin" / "git"
        program.parent.mkdir(exist_ok=True)
        program.write_text(
            f'#!/bin/sh\nif [ "$1" = version ]; then echo git version {version}; exit; fi\n{body}\n'
            f'{{ for word; do echo "$word"; done; ps -o sid= -p $$; }} > {log}.new; mv {log}.new {log}\n'
        )
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        environ = {**os.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
        assert start_maintenance(Git(folder, folder, str(repo.path), environ)) is True
        deadline = time.monotonic() + 20
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return log.read_text().split("\n")

    return run


def test_it_runs_without_hooks_in_a_session_of_its_own(start):
    words = start("2.39.5")
    assert words[:6] == ["-c", "core.hooksPath=/dev/null", "maintenance", "run", "--auto", "--quiet"]
    if words[6].strip():
        assert int(words[6]) != os.getsid(0)


def test_an_old_git_collects_garbage(start):
    assert start("2.25.1")[2:5] == ["gc", "--auto", "--quiet"]


def test_nobody_waits_and_no_zombie_is_kept(start):
    began = time.monotonic()
    start("2.39.5")
    assert time.monotonic() - began < 20
    for child in maintenance._started:
        child.wait(timeout=20)
    start("2.39.5")
    assert len(maintenance._started) == 1


def test_it_returns_while_git_still_works(repo, tmp_path):
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$1" = version ] && { echo git version 2.39.5; exit; }\nexec sleep 30\n')
    program.chmod(0o755)
    folder = str(repo.path / ".git")
    began = time.monotonic()
    assert start_maintenance(Git(folder, folder, None, {"PATH": f"{program.parent}:/usr/bin:/bin"}))
    assert time.monotonic() - began < 10
    child = maintenance._started[-1]
    assert child.poll() is None
    child.kill()
    child.wait(timeout=20)


def test_a_missing_git_is_silent(repo):
    folder = str(repo.path / ".git")
    assert start_maintenance(Git(folder, folder, None, {"PATH": "/nowhere"})) is False


def test_the_real_git_does_it(repo):
    folder = str(repo.path / ".git")
    assert start_maintenance(Git(folder, folder, str(repo.path), os.environ)) is True
    assert maintenance._started[-1].wait(timeout=60) == 0
