"""What hooks record of commits and of their rewriting, through real git: amend, rebase, squash, two work trees, a killed hook."""

from gitledger.githooks.main import main

import contextlib
import os
import subprocess
import sys
import threading

import pytest

from tests.conftest import Cli
from tests.githooks.conftest import Project, said


def test_a_commit_is_recorded_on_the_active_task(project):
    number = project.work()
    done = project.change("src/ünïcödé \"x\"\n.py", message="Write the parser")
    assert said(done) == []
    assert project.links(number) == [project.head()]
    assert project.types(number)[-2:] == ["change.recorded", "commit.linked"]
    change, link = project.events(number)[-2:]
    assert change["data"]["commit"] == link["data"]["commit"] == project.head()
    assert (link["data"]["source"], link["op"]) == ("hook", "commits record")
    (line,) = project.note()
    assert (line["number"], line["event"]) == (number, link["event_id"])
    assert project.git("log", "-1", "--format=%N", "--notes=taskledger").startswith('{"v":1')
    assert project.git("status", "--porcelain") == ""


def test_without_a_task_or_a_ledger_nothing_is_said(project, make_repo):
    project.create("Not active")
    tip = project.git("rev-parse", "refs/taskledger/main")
    assert said(project.change()) == []
    assert project.git("rev-parse", "refs/taskledger/main") == tip
    other = Project(make_repo("other").path)
    with contextlib.chdir(other.path):
        for hook in ("pre-commit", "post-commit", "post-checkout", "post-merge"):
            assert main([hook, "0", "0", "1"]) == 0
    assert other.git("for-each-ref", "refs/taskledger") == ""


def test_amend_and_rebase_carry_over_and_double_nothing(project):
    number = project.work()
    project.change("src/a.py", message="One")
    # Git leaves notes alone, then copies them itself: by joining, which is its default, and line by line.
    for mode in (None, "concatenate", "cat_sort_uniq"):
        if mode is not None:
            project.git("config", "notes.rewriteRef", "refs/notes/*")
            project.git("config", "notes.rewriteMode", mode)
        before = project.head()
        assert said(project.calls("commit", "--amend", "-m", f"One, {mode}")) == []
        assert project.head() != before and project.links(number) == [project.head()]
        assert [line["number"] for line in project.note()] == [number]

    other = project.create("Another")
    project("task", "activate", other, "--force", "--reason", "First this.")
    project.change("src/b.py", message="Two")
    project.change("src/c.py", message="fixup! Two")
    project("task", "deactivate", "--force", "--reason", "Enough.")
    second, third = project.git("rev-parse", "HEAD~1", "HEAD").split()
    # Squash: the last two become one. Both are the same task's, and so is what comes of them.
    done = project.calls("rebase", "-i", "--autosquash", "HEAD~3", env={"GIT_SEQUENCE_EDITOR": "true", "GIT_EDITOR": "true"})
    assert said(done) == []
    assert project.links(other) == [project.head()] and project.head() not in (second, third)
    # Squash: all of it becomes one commit of two tasks.
    project.calls("rebase", "-i", "HEAD~2", env={"GIT_SEQUENCE_EDITOR": "sed -i 2s/pick/squash/", "GIT_EDITOR": "true"})
    assert project.links(number) == project.links(other) == [project.head()]
    assert sorted(line["number"] for line in project.note()) == [number, other]
    # Reorder and reword onto another base.
    project.git("checkout", "--quiet", "-b", "base", "HEAD~1")
    project.change("base.txt", message="Base")
    project.git("checkout", "--quiet", "main")
    project.calls("rebase", "base")
    assert project.links(number) == project.links(other) == [project.head()]
    assert sorted(line["number"] for line in project.note()) == [number, other]
    assert project.is_whole()


def test_what_git_copies_is_not_recorded_as_new_work(project):
    number = project.work()
    project.git("checkout", "--quiet", "-b", "side")
    project.change("src/a.py", message="One")
    project.change("src/b.py", message="Two")
    recorded = project.links(number)
    project.git("checkout", "--quiet", "main")
    project.calls("commit", "-q", "--allow-empty", "-m", "Apart", env={"GITLEDGER_HOOKS": "0"})
    assert said(project.calls("cherry-pick", "side~1", "side")) == []
    assert sorted(project.links(number)) == sorted(recorded)
    # A merge that stopped and was concluded by hand.
    project.write("src/b.py", "other\n")
    project.calls("commit", "-q", "-a", "-m", "Ours", env={"GITLEDGER_HOOKS": "0"})
    project.calls("merge", "side", expect=1)
    project.write("src/b.py", "both\n")
    project.git("add", "src/b.py")
    assert said(project.calls("commit", "--no-edit")) == []
    assert sorted(project.links(number)) == sorted(recorded)
    # Taking something back is work.
    assert said(project.calls("revert", "--no-edit", "-m", "1", "HEAD")) == []
    assert project.head() in project.links(number)


def test_who_commits_is_not_whom_the_commit_names_as_author(project):
    number = project.work()
    project.change("src/a.py", message="Theirs", env={"GIT_AUTHOR_NAME": "Bob", "GIT_AUTHOR_EMAIL": "bob@example.org"})
    assert project.git("show", "-s", "--format=%an") == "Bob"
    assert project.events(number)[-1]["actor"]["person"] == "Ada Example <ada@example.org>"
    env = {"GIT_COMMITTER_NAME": "Cleo", "GIT_COMMITTER_EMAIL": "cleo@example.org"}
    project.change("src/b.py", message="Mine", env=env)
    assert project.events(number)[-1]["actor"]["person"] == "Cleo <cleo@example.org>"


def test_a_graphical_program_commits_for_the_person_of_this_work_tree(project, bare_environ):
    person = {"GITLEDGER_ACTOR_TYPE": "user", "GITLEDGER_ACTOR_NAME": "ada"}
    project.policy("commits: require\n")
    number = project.work(env=person)
    project.write("src/a.py", "x\n")
    project.git("add", "src")
    done = project.calls("commit", "-m", "From a window", only=bare_environ)
    assert "gitledger" not in done.stderr
    change, link = project.events(number)[-2:]
    assert (change["event"], link["event"]) == ("change.recorded", "commit.linked")
    assert (link["actor"]["actor_type"], link["actor"]["actor_name"]) == ("user", "ada")
    # A session is not a work tree: nobody commits for it by chance.
    session = project.work("In a session", env={"GITLEDGER_SESSION": "s1", **person})
    window = {**bare_environ, "GITLEDGER_TASK": session}
    project.write("src/b.py", "x\n")
    project.git("add", "src")
    assert f"{session} is claimed by user ada" in project.calls("commit", "-m", "Not mine", only=window, expect=1).stderr
    # Whoever says who they are is taken at their word.
    agent = {"GITLEDGER_ACTOR_TYPE": "agent", "GITLEDGER_ACTOR_NAME": "bot"}
    assert said(project.change("src/b.py", expect=1, env=agent))[0].startswith(f"GATE_BLOCKED: {number} is claimed by user ada")


def test_who_started_under_a_name_goes_on_under_it(project):
    number = project.create("Write the parser")
    project("task", "activate", number)
    project("plan", "start", "--actor", "agent", "--actor-name", "planner")
    project.change("src/a.py")
    assert project.events(number)[-1]["actor"]["actor_name"] == "planner"


# ---------------------------------------------------------------------------------------------- many at once


def test_two_work_trees_commit_at_once(project, tmp_path):
    linked = Project(tmp_path / "linked")
    project.git("worktree", "add", "--quiet", "-b", "side", str(linked.path))
    numbers = [project.create("Here"), project.create("There")]
    project("task", "activate", numbers[0])
    linked("task", "activate", numbers[1])
    failures: list[BaseException] = []

    def commit(where: Project) -> None:
        try:
            for place in range(4):
                assert said(where.change(f"{where.path.name}-{place}", message=f"{place}")) == []
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=commit, args=(where,)) for where in (project, linked)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for where, number in zip((project, linked), numbers, strict=True):
        made = where.git("rev-list", "HEAD~4..HEAD").splitlines()
        assert sorted(project.links(number)) == sorted(made)
        assert [line["number"] for commit in made for line in where.note(commit)] == [number] * 4
    assert project.is_whole()


KILLED = """
import os, sys
from gitledger.store import {module}

def die(*args, **options):
    {before}
    os.kill(os.getpid(), 9)

before = {module}.{name}
{module}.{name} = die
from gitledger.githooks.main import main
main(["post-commit"])
"""


@pytest.mark.parametrize(
    ("module", "name", "before", "is_linked"),
    [
        ("chain", "append", "pass", False),
        ("chain", "append", "before(*args, **options)", True),
        ("notelines", "write_lines", "before(*args, **options)", True),
    ],
)
def test_a_hook_killed_half_way_leaves_all_or_nothing(project, module, name, before, is_linked):
    number = project.work()
    project.write("src/a.py", "x\n")
    project.git("add", "src")
    project.calls("commit", "--quiet", "-m", "One", env={"GITLEDGER_HOOKS": "0"})
    script = KILLED.format(module=module, name=name, before=before)
    done = subprocess.run([sys.executable, "-P", "-c", script], cwd=project.path, env=Cli.environ(), capture_output=True, timeout=60)
    assert done.returncode == -9, done
    assert project.links(number) == ([project.head()] if is_linked else [])
    assert project.is_whole()
    # What was left undone is done by whoever comes next.
    with contextlib.chdir(project.path):
        assert main(["post-commit"]) == 0
    assert project.links(number) == [project.head()]
    assert [line["number"] for line in project.note()] == [number]
    assert project.types(number).count("change.recorded") == 1


def test_what_goes_wrong_is_told_on_one_line_and_stops_nothing(project, capfd):
    project.work()
    ref = project.path / ".git/refs/taskledger/main"
    lock = ref.with_name("main.lock")
    lock.write_text("")
    os.utime(lock, (1, 1))
    done = project.change("src/a.py")
    (line,) = said(done)
    assert line.startswith("The commit was not recorded: ") and "Help: " in line
    lock.unlink()
    with contextlib.chdir(project.path):
        assert main(["post-commit"]) == 0
    assert len(project.links("1")) == 1
