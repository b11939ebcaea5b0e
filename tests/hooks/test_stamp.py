"""The stamp: it says what is current, follows everything that changes that, and the shell reads it as Python means it."""

import os
import re
import subprocess

import pytest

from gitledger import config
from gitledger.ledger import open_ledger
from gitledger.ledger.stamp import stamp_path
from tests.conftest import Cli
from tests.hooks.conftest import SOURCE, Hooked

SHELL_TOLD = re.compile(r'^    name_session (\S+) "\$\{(\w+)-\}"$', re.MULTILINE)


def commit_task(hooked, *args, env=None):
    """Commit; the task that the message names."""
    done = hooked.try_commit("-m", "x", *args, env=env)
    assert done.returncode == 0, done
    return hooked.git("log", "-1", "--format=%(trailers:key=Task,valueonly,separator=%x2C)")


# ---------------------------------------------------------------------------------------------- the name


def test_the_shell_asks_for_the_session_where_python_does():
    """A platform that config.SESSIONS learns of has to be told to the shell too."""
    told = SHELL_TOLD.findall((SOURCE / "hooks/gitledger.sh").read_text())
    wanted = [("''", "GITLEDGER_SESSION"), ("''", "TASKLEDGER_SESSION_ID")]
    for platform, variable in config.SESSIONS:
        is_path = variable.endswith("_TRANSCRIPT_PATH")
        wanted.append((f"{platform}_transcript_/" if is_path else f"{platform}_", variable))
    assert told == wanted


@pytest.mark.parametrize(
    ("surroundings", "name"),
    [
        ({}, "main"),
        ({"GITLEDGER_SESSION": "abc.1"}, "main~s.abc.1"),
        ({"TASKLEDGER_SESSION_ID": "abc", "CLAUDE_CODE_SESSION_ID": "later"}, "main~s.abc"),
        ({"CLAUDE_CODE_SESSION_ID": "4f-1"}, "main~s.claude_4f-1"),
        ({"GITLEDGER_TASK": "task-0001"}, "main~t.task-0001"),
        ({"GITLEDGER_LEDGER": "main", "GITLEDGER_TASK": "1", "CODEX_THREAD_ID": "t"}, "main~s.codex_t~l.main~t.1"),
        # Names that the shell cannot make: it leaves those to Python.
        ({"GITLEDGER_SESSION": "a b"}, None),
        ({"GITLEDGER_SESSION": "a/b"}, None),
        ({"GITLEDGER_SESSION": "..."}, None),
        ({"GITLEDGER_SESSION": "ü"}, None),
        ({"GITLEDGER_SESSION": "x" * 161}, None),
        ({"DROID_TRANSCRIPT_PATH": "/tmp/t.jsonl"}, None),
        ({"GITLEDGER_LEDGER": "feature/x"}, None),
        ({"GITLEDGER_TASK": " 1 "}, None),
    ],
)
def test_the_shell_and_python_name_the_same_file(hooked, surroundings, name):
    environ = {**os.environ, **surroundings}
    script = f". '{SOURCE}/hooks/gitledger.sh'; find_folders; find_stamp; printf %s \"$stamp\""
    said = subprocess.run(["sh", "-c", script], cwd=hooked.path, env=environ, capture_output=True, text=True, timeout=20).stdout
    meant = stamp_path(open_ledger(str(hooked.path), environ=environ))
    if name is None:
        assert said == ""
        assert re.fullmatch(r"[A-Za-z0-9._~-]{1,250}", os.path.basename(meant))
    else:
        assert said == f".git/gitledger/stamp/{name}" and os.path.basename(meant) == name


def test_every_session_has_its_own_task(hooked):
    """Two sessions in one work tree, and one without a name."""
    assert hooked.cli("task", "create", "Two").exit_code == 0
    two, none = {"GITLEDGER_SESSION": "second"}, {"CLAUDE_CODE_SESSION_ID": "third"}
    assert hooked.cli("task", "activate", "2", env=two).exit_code == 0
    assert commit_task(hooked) == "task-0001"
    assert commit_task(hooked, env=two) == "task-0002"
    assert commit_task(hooked, env=none) == ""
    hooked.log.unlink()
    assert [commit_task(hooked, env=env) for env in ({}, two, none)] == ["task-0001", "task-0002", ""]
    assert hooked.started == []
    # A session whose name the shell cannot make costs a start, and is served all the same.
    odd = {"DROID_TRANSCRIPT_PATH": "/a b/t.jsonl"}
    assert hooked.cli("task", "activate", "2", env=odd).exit_code == 0
    assert commit_task(hooked, env=odd) == "task-0002"
    assert hooked.started == ["commit-msg"]


def test_the_environment_names_a_task(hooked):
    assert hooked.cli("task", "create", "Two").exit_code == 0
    named = {"GITLEDGER_TASK": "task-0002"}
    assert [commit_task(hooked, env=named), commit_task(hooked), commit_task(hooked, env=named)] == ["task-0002", "task-0001", "task-0002"]
    assert hooked.started == ["commit-msg"]
    done = hooked.try_commit("-m", "x", env={"GITLEDGER_TASK": "99"})
    assert done.returncode == 0 and b"gitledger: The message was not stamped: No task '99'" in done.stderr
    assert hooked.message() == "x\n"


# ---------------------------------------------------------------------------------------------- it follows


def test_it_follows_the_active_task(hooked):
    cli, uid = hooked.cli, hooked.uid()
    assert hooked.stamp()["uid"] == uid
    steps = [
        (["task", "deactivate", "--reason", "Later."], ""),
        (["task", "activate", "1"], "task-0001"),
        (["task", "renumber", "1", "--to", "7"], "task-0007"),
        (["task", "create", "Two"], "task-0007"),
        (["task", "activate", "two"], "task-0008"),
        (["task", "cancel", "--task", "two"], ""),
        (["task", "activate", "7"], "task-0007"),
        (["ledger", "fork", "feature"], "task-0007"),
        (["ledger", "rename", "feature", "other"], "task-0007"),
        (["ledger", "switch", "main"], "task-0007"),
        (["task", "delete", "7", "--reason", "Wrong."], ""),
    ]
    for words, task in steps:
        done = cli(*words)
        assert done.exit_code == 0, (words, done)
        assert hooked.stamp()["task"] == task, words
    assert hooked.started == []


def test_the_stamps_of_others_are_made_anew(hooked):
    """What another session renumbers is right in the next commit of this one."""
    other = {"GITLEDGER_SESSION": "other"}
    assert hooked.cli("task", "renumber", "1", "--to", "5", env=other).exit_code == 0
    assert commit_task(hooked) == "task-0005"
    assert hooked.cli("task", "delete", "5", "--reason", "Wrong.", env=other).exit_code == 0
    assert commit_task(hooked) == ""


def test_activating_here_leaves_the_stamps_of_other_sessions(hooked):
    for session in ("a", "b"):
        assert hooked.cli("task", "activate", "1", env={"GITLEDGER_SESSION": session}).exit_code == 0
    assert sorted(path.name for path in hooked.stamps.iterdir()) == ["main", "main~s.a", "main~s.b"]


def test_it_follows_the_branch(hooked):
    hooked.git("checkout", "--quiet", "-b", "feature")
    assert hooked.cli("ledger", "fork", "feature").exit_code == 0
    hooked.new_task("Only here")
    hooked.settle()
    assert [commit_task(hooked)] == ["task-0002"]
    hooked.git("checkout", "--quiet", "main")
    assert [commit_task(hooked), commit_task(hooked)] == ["task-0001"] * 2
    assert hooked.started == ["commit-msg"]
    hooked.git("checkout", "--quiet", "--detach")
    assert [commit_task(hooked), commit_task(hooked)] == ["task-0001"] * 2
    assert hooked.stamp()["branch"] == "" and hooked.started == ["commit-msg"] * 2


@pytest.mark.parametrize("branch", ["a=b", "ünïcödé", "it's_\"quoted\"", "a#b;c&d|e", "$HOME`id`"])
def test_any_branch(hooked, branch):
    hooked.git("checkout", "--quiet", "-b", branch)
    assert [commit_task(hooked), commit_task(hooked)] == ["task-0001"] * 2
    assert hooked.started == ["commit-msg"]


def test_a_branch_with_a_percent_sign_costs_a_start_each_time(hooked):
    hooked.git("checkout", "--quiet", "-b", "50%25")
    assert [commit_task(hooked), commit_task(hooked)] == ["task-0001"] * 2
    assert hooked.stamp()["branch"] == "50%2525" and hooked.started == ["commit-msg"] * 2


def test_it_follows_the_policy(hooked):
    policy = hooked.write(".gitledger.yaml", "version: 1\ntrailers: {task: Item}\n")
    hooked.try_commit("-m", "x")
    assert hooked.trailers()[0] == "Item: task-0001"
    hooked.settle()
    policy.write_text("version: 1\ntrailers: {task: Thing}\n")
    hooked.try_commit("-m", "x")
    assert hooked.trailers()[0] == "Thing: task-0001"
    policy.unlink()
    assert commit_task(hooked) == "task-0001"
    policy.write_text("bogus: 1\n")
    done = hooked.try_commit("-m", "x")
    assert done.returncode == 0 and b"The message was not stamped: .gitledger.yaml: bogus is not known" in done.stderr
    assert hooked.message() == "x\n"
    assert len(hooked.started) == 4


def test_it_follows_gits_settings(hooked):
    """`taskledger.default` and `branch.*.taskledger` may be set with plain git."""
    assert hooked.cli("ledger", "fork", "other", "--empty").exit_code == 0
    assert hooked.cli("task", "create", "Elsewhere").exit_code == 0
    assert hooked.cli("task", "activate", "elsewhere").exit_code == 0
    hooked.git("config", "branch.main.taskledger", "main")
    assert commit_task(hooked) == "task-0001"
    hooked.git("config", "branch.main.taskledger", "other")
    assert commit_task(hooked) == "task-0002"


def test_a_repository_without_a_ledger_and_then_with_one(make_hooked):
    hooked = make_hooked()
    hooked.git("update-ref", "refs/keep", "refs/taskledger/main")
    hooked.git("update-ref", "-d", "refs/taskledger/main")
    (hooked.stamps / "main").unlink()
    # Nobody has looked yet: git is asked whether there is a ledger.
    assert commit_task(hooked) == "" and hooked.started == []
    # Somebody brings a ledger with plain git.
    hooked.git("update-ref", "refs/taskledger/main", "refs/keep")
    hooked.git("pack-refs", "--all")
    assert commit_task(hooked) == "task-0001"


def test_nothing_is_written_where_no_hook_is_installed(repo):
    cli = Cli(repo.path)
    for words in (["init"], ["task", "create", "One"], ["task", "activate", "1"]):
        assert cli(*words).exit_code == 0
    assert not (repo.path / ".git/gitledger/stamp").exists()


def test_a_stamp_that_is_damaged_or_of_another_version_is_not_believed(hooked):
    stamp = hooked.stamps / "main"
    for text in ("", "v=2\nbranch=main\nledger=main\ntask=task-0099\nuid=x\n", "\0\0", stamp.read_text().replace("package=/", "package=/gone/")):
        stamp.write_text(text)
        os.utime(stamp, None)
        assert commit_task(hooked) == "task-0001"
    assert hooked.started == ["commit-msg"] * 4


def test_old_stamps_are_swept_away(hooked):
    old = hooked.stamps / "main~s.gone"
    old.write_text("v=1\n")
    os.utime(old, (1, 1))
    assert hooked.cli("task", "deactivate", "--reason", "Later.").exit_code == 0
    assert not old.exists()


# ---------------------------------------------------------------------------------------------- work trees


def test_each_work_tree_has_its_own(hooked, tmp_path):
    hooked.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "wt one"))
    linked = Hooked(tmp_path / "wt one")
    linked.log = hooked.log
    assert linked.cli("task", "create", "Two").exit_code == 0 and linked.cli("task", "activate", "2").exit_code == 0
    assert [commit_task(linked), commit_task(hooked), commit_task(linked)] == ["task-0002", "task-0001", "task-0002"]
    names = sorted(path.name for path in hooked.stamps.iterdir())
    assert names == [f"linked-{linked.git_dir.name}", "main"]


def test_a_submodule(hooked, tmp_path, make_repo):
    """Its git folder lies in that of the repository around it, and so do its hooks."""
    outer = make_repo("outer")
    outer.git("submodule", "--quiet", "add", str(hooked.path), "inner")
    inner = Hooked(outer.path / "inner")
    for words in (["init"], ["task", "create", "Inner"], ["task", "activate", "1"], ["hooks", "install"]):
        assert inner.cli(*words).exit_code == 0
    assert (outer.path / ".git/modules/inner/hooks/commit-msg").exists()
    assert commit_task(inner) == "task-0001"
    assert "Task" not in (outer.commit("Outer") and outer.git("log", "-1", "--format=%B"))


def test_it_follows_what_a_pull_brings(hooked, tmp_path, make_repo):
    """A colleague renumbers the task that is active here."""
    hub = make_repo("hub.git", bare=True)
    hooked.git("remote", "add", "origin", str(hub.path))
    assert hooked.cli("sync").exit_code == 0
    hooked.git("clone", "--quiet", str(hub.path), str(tmp_path / "theirs"))
    theirs = Cli(tmp_path / "theirs")
    for words in (["sync"], ["task", "renumber", "1", "--to", "9"], ["sync"]):
        assert theirs(*words).exit_code == 0, words
    hooked.settle()
    assert hooked.cli("pull").exit_code == 0
    assert hooked.stamp()["task"] == "task-0009" and commit_task(hooked) == "task-0009"
