"""A plan amended in an editor, on a real terminal."""

import os
import select
import stat
import subprocess

import pytest

from tests.conftest import TIMEOUT_S, Cli

PLAN = "---\ngoal: Ship it.\nacceptance_criteria: [It is there.]\n---\nReturn early.\n"


@pytest.fixture
def proposed(repo, cli):
    """A repository with a plan in review."""
    cli("init")
    cli("task", "create", "Job")
    cli("task", "activate", "1")
    cli("plan", "start")
    assert cli("plan", "propose", "--text", "-", input=PLAN).exit_code == 0
    return repo


def on_a_terminal(folder, *argv, editor):
    """Run the program on a pseudo-terminal; its exit code and all that it said."""
    master, slave = os.openpty()
    child = subprocess.Popen(
        Cli.argv(*argv),
        cwd=folder,
        env=Cli.environ({"GIT_EDITOR": editor}),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    said = b""
    try:
        while select.select([master], [], [], TIMEOUT_S)[0]:
            try:
                data = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not data:
                break
            said += data
        return child.wait(TIMEOUT_S), said.decode()
    finally:
        child.kill()
        os.close(master)


def script(folder, text):
    """A program of this one line, and an option for it."""
    path = folder / "my editor"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return f"'{path}' --wait"


def leftovers(repo):
    return list((repo.path / ".git/gitledger").glob("plan-*"))


def test_what_is_written_in_the_editor_is_the_new_version(proposed, cli, tmp_path):
    editor = script(tmp_path, 'test -t 1 && test "$1" = --wait && sed -i s/early/late/ "$2"')
    code, said = on_a_terminal(proposed.path, "plan", "amend", editor=editor)
    assert code == 0 and "amended plan v2 of task-0001" in said
    shown = cli("plan", "show", "--json").json["result"]["plan"]
    assert (shown["version"], shown["body"], shown["goal"]) == (2, "Return late.", "Ship it.")
    assert leftovers(proposed) == []
    code, said = on_a_terminal(proposed.path, "plan", "amend", editor="true")
    assert code == 0 and "nothing changed" in said
    code, said = on_a_terminal(proposed.path, "plan", "amend", editor="false")
    assert code == 2 and "The editor ended with 1" in said
    code, said = on_a_terminal(proposed.path, "plan", "amend", editor="no-such-editor-anywhere")
    assert code == 5 and leftovers(proposed) == []


def test_what_cannot_be_taken_is_kept_in_a_file(proposed, cli, tmp_path):
    editor = script(tmp_path, "printf -- '---\\ngoal: [\\n---\\n' > \"$2\"")
    code, said = on_a_terminal(proposed.path, "plan", "amend", editor=editor)
    [kept] = leftovers(proposed)
    assert code == 2 and kept.name in said.replace("\r\n", "") and kept.read_text().startswith("---\ngoal: [")
    assert cli("plan", "list", "--json").json["result"]["total"] == 1


def test_without_a_terminal_there_is_no_editor_and_a_file_will_do(proposed, cli):
    refused = cli("plan", "amend", "--json", env={"GIT_EDITOR": "true"}).json["error"]
    assert (refused["code"], refused["exit_code"]) == ("NO_TERMINAL", 2)
    assert leftovers(proposed) == []
    cli("plan", "export", "--file", "plan.md")
    proposed.write("plan.md", (proposed.path / "plan.md").read_text().replace("Ship it", "Ship all"))
    assert cli("plan", "amend", "--file", "plan.md", "--json").json["result"]["plan_version"] == 2
    assert cli("plan", "show", "--json").json["result"]["plan"]["goal"] == "Ship all."
