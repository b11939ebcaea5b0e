"""How the hooks behave: light, quiet, chained, within their time, and never in git's way."""

from pathlib import Path

import os
import signal
import stat
import subprocess
import sys
import time

import pytest

from tests.conftest import TIMEOUT_S
from tests.hooks.conftest import Hooked, editor

ALL = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "post-rewrite", "post-checkout", "post-merge", "pre-push")


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def reinstall(hooked: Hooked, tmp_path: Path) -> None:
    """Install again, over hooks that were written meanwhile."""
    assert hooked.cli("hooks", "install").exit_code == 0
    hooked.watch(tmp_path / "started")
    hooked.settle()


@pytest.fixture
def remote(fully_hooked, make_repo):
    """A bare repository that `fully_hooked` pushes to."""
    bare = make_repo("hub.git", bare=True)
    fully_hooked.git("remote", "add", "origin", str(bare.path))
    fully_hooked.settle()
    return bare


# ---------------------------------------------------------------------------------------------- cost


def test_python_starts_only_to_record_a_commit(fully_hooked, remote):
    """A commit, a merge, checkouts of files and a push, with an active task."""
    hooked = fully_hooked
    assert hooked.try_commit("-m", "One").returncode == 0
    assert hooked.started == ["post-commit"]
    hooked.git("checkout", "--", "README.md")
    hooked.git("checkout", "main")
    hooked.git("push", "--quiet", "origin", "main")
    assert hooked.started == ["post-commit"]


def test_without_an_active_task_nothing_starts(fully_hooked, remote):
    hooked = fully_hooked
    assert hooked.cli("task", "deactivate", "--reason", "Later.").exit_code == 0
    assert hooked.try_commit("-m", "One").returncode == 0
    hooked.git("push", "--quiet", "origin", "main")
    assert hooked.message() == "One\n" and hooked.started == []


def test_without_a_ledger_nothing_starts(fully_hooked, remote):
    hooked = fully_hooked
    hooked.git("update-ref", "-d", "refs/taskledger/main")
    (hooked.stamps / "main").unlink()
    for args in (["-m", "One"], ["--amend", "-m", "Two"]):
        done = hooked.try_commit(*args)
        assert done.returncode == 0 and done.stderr == b""
    hooked.git("checkout", "--quiet", "-b", "side")
    hooked.git("push", "--quiet", "origin", "main")
    assert hooked.started == []


def test_the_hooks_touch_neither_index_nor_work_tree(fully_hooked):
    hooked = fully_hooked
    hooked.write("staged", "1")
    hooked.git("add", "staged")
    hooked.write("staged", "2")
    hooked.write("untracked", "x")
    hooked.try_commit("-m", "One")
    index = hooked.git_dir / "index"
    before = index.read_bytes()
    hooked.try_commit("-m", "Two")
    assert index.read_bytes() == before
    assert hooked.git("status", "--porcelain") == " M staged\n?? untracked"


# ---------------------------------------------------------------------------------------------- off


def test_the_switch(fully_hooked):
    assert fully_hooked.try_commit("-m", "One", env={"GITLEDGER_HOOKS": "0"}).returncode == 0
    assert fully_hooked.message() == "One\n" and fully_hooked.started == []


@pytest.mark.parametrize("why", ["no such interpreter", "gitledger is gone from it", "nothing is set"])
def test_where_gitledger_is_not_installed_the_hooks_are_silent(fully_hooked, monkeypatch, why):
    hooked = fully_hooked
    (hooked.stamps / "main").unlink()
    if why == "nothing is set":
        hooked.git("config", "--unset", "taskledger.command")
    elif why == "no such interpreter":
        hooked.git("config", "taskledger.command", "/no/such/python")
    else:
        hooked.git("config", "taskledger.command", sys.executable)
        monkeypatch.setenv("PYTHONPATH", "")
        probe = [sys.executable, "-P", "-c", "import gitledger"]
        if subprocess.run(probe, capture_output=True, timeout=TIMEOUT_S, cwd=hooked.path).returncode == 0:
            hooked.git("config", "taskledger.command", str(bare_python(hooked.path.parent)))
    # What lies on the PATH by accident does not count here.
    env = {"PATH": "/usr/bin:/bin"}
    done = hooked.try_commit("-m", "One", env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    hooked.run("commit", "--amend", "--allow-empty", "-m", "Two", env=env)
    assert hooked.message() == "Two\n"


def bare_python(folder: Path) -> Path:
    """A Python that has no packages."""
    return script(folder / "bare", f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n')


def test_the_program_on_the_path_stands_in_for_the_interpreter(fully_hooked, tmp_path):
    hooked = fully_hooked
    hooked.git("config", "taskledger.command", "/no/such/python")
    (hooked.stamps / "main").unlink()
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "gitledger", f'#!/bin/sh\nexec "{sys.executable}" -m gitledger "$@"\n')
    assert hooked.try_commit("-m", "One", env={"PATH": f"{folder}:{os.environ['PATH']}"}).returncode == 0
    assert hooked.trailers() == ["Task: task-0001", f"Task-Id: {hooked.uid()}"]
    # One in the work tree is never run.
    script(hooked.path / "gitledger", "#!/bin/sh\ntouch pwned\n")
    script(hooked.path / "sleep", "#!/bin/sh\ntouch pwned\n")
    (hooked.stamps / "main").unlink()
    assert hooked.try_commit("-m", "Two", env={"PATH": f".::{os.environ['PATH']}"}).returncode == 0
    assert not (hooked.path / "pwned").exists()


@pytest.mark.parametrize("path", ["", "/nonexistent"])
def test_an_environment_like_a_graphical_programs(fully_hooked, path):
    """Nothing on the PATH but what git adds: the stamp, and with an interpreter written down Python too."""
    hooked = fully_hooked
    git = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, timeout=20).stdout.strip()
    bare = {name: os.environ[name] for name in ("HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "PYTHONPATH")}
    for message in ("One", "Two"):
        argv = [git, "commit", "--allow-empty", "-m", message]
        done = subprocess.run(argv, cwd=hooked.path, env={**bare, "PATH": path}, capture_output=True, timeout=TIMEOUT_S)
        assert (done.returncode, done.stderr) == (0, b"")
        (hooked.stamps / "main").unlink()
    assert hooked.trailers() == ["Task: task-0001", f"Task-Id: {hooked.uid()}"]
    assert "pre-commit" in hooked.started and hooked.git("notes", "--ref=taskledger", "show", "HEAD")


# ---------------------------------------------------------------------------------------------- trouble


def test_a_python_that_hangs_is_stopped_and_git_goes_on(fully_hooked, tmp_path):
    hooked = fully_hooked
    slow = script(tmp_path / "slow", f"#!{sys.executable}\nimport signal\nsignal.pause()\n")
    hooked.git("config", "taskledger.command", str(slow))
    (hooked.stamps / "main").unlink()
    folder = tmp_path / "bin"
    folder.mkdir()
    script(folder / "sleep", "#!/bin/sh\nexit 0\n")
    began = time.monotonic()
    done = hooked.try_commit("-m", "One", env={"PATH": f"{folder}:{os.environ['PATH']}"})
    assert time.monotonic() - began < 10
    assert done.returncode == 0 and hooked.message() == "One\n"
    said = [line for line in done.stderr.decode().splitlines() if line.startswith("gitledger:")]
    ended = "did not end within 10 s and was stopped; git goes on."
    assert said == [f"gitledger: {hook} {ended}" for hook in ("pre-commit", "commit-msg", "post-commit")]


def test_nothing_is_left_running(fully_hooked, tmp_path):
    """Whoever reads git's output to its end need not wait for the time limit."""
    (fully_hooked.stamps / "main").unlink()
    began = time.monotonic()
    fully_hooked.try_commit("-m", "One")
    assert time.monotonic() - began < 8
    assert fully_hooked.started


@pytest.mark.parametrize(("code", "goes_on"), [(0, True), (1, True), (2, True), (3, False), (8, False), (127, True), (139, True)])
def test_only_a_refusal_stops_git(fully_hooked, tmp_path, code, goes_on):
    hooked = fully_hooked
    broken = script(tmp_path / "broken", f"#!/bin/sh\n[ \"$4\" = pre-commit ] || exit 0\nexit {code}\n")
    hooked.git("config", "taskledger.command", str(broken))
    (hooked.stamps / "main").unlink()
    before = hooked.git("rev-parse", "HEAD")
    done = hooked.try_commit("-m", "One")
    assert (done.returncode == 0) == goes_on == (hooked.git("rev-parse", "HEAD") != before)
    assert (b"git goes on" in done.stderr) == (code not in (0, 3, 8))


def test_a_hook_killed_half_way(fully_hooked, tmp_path):
    """Git gives up the commit, nothing is broken, and the next one goes well."""
    hooked = fully_hooked
    killer = script(tmp_path / "killer", '#!/bin/sh\nkill -KILL "$PPID"\n')
    hooked.git("config", "taskledger.command", str(killer))
    (hooked.stamps / "main").unlink()
    before = hooked.git("rev-parse", "HEAD")
    assert hooked.try_commit("-m", "One").returncode != 0
    assert hooked.git("rev-parse", "HEAD") == before
    hooked.watch(tmp_path / "started")
    assert hooked.try_commit("-m", "Two").returncode == 0
    assert hooked.message().startswith("Two\n\nTask: task-0001\n")


def test_ctrl_c_ends_the_hook_and_what_it_has_started(fully_hooked, tmp_path):
    hooked = fully_hooked
    marks = tmp_path / "marks"
    text = f"""#!{sys.executable}
import os, signal
open({str(marks)!r}, "w").write(str(os.getpid()))
signal.pause()
"""
    hooked.git("config", "taskledger.command", str(script(tmp_path / "slow", text)))
    (hooked.stamps / "main").unlink()
    child = subprocess.Popen(
        ["git", "commit", "--allow-empty", "-m", "One"], cwd=hooked.path, stderr=subprocess.DEVNULL, start_new_session=True
    )
    until = time.monotonic() + TIMEOUT_S
    while not (marks.exists() and marks.read_text()) and time.monotonic() < until:
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(TIMEOUT_S) != 0
    while _is_running(int(marks.read_text())) and time.monotonic() < until:
        time.sleep(0.01)
    assert not _is_running(int(marks.read_text()))


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_commits_at_the_same_time_in_two_work_trees(hooked, tmp_path):
    """Each is stamped with the active task of its own."""
    hooked.git("worktree", "add", "--quiet", "-b", "side", str(tmp_path / "linked"))
    linked = Hooked(tmp_path / "linked")
    assert linked.cli("task", "create", "Two").exit_code == 0 and linked.cli("task", "activate", "2").exit_code == 0
    (hooked.stamps / "main").unlink(missing_ok=True)
    for number in range(4):
        argv = ["git", "commit", "--quiet", "--allow-empty", "-m", str(number)]
        children = [subprocess.Popen(argv, cwd=path) for path in (hooked.path, linked.path)]
        assert [child.wait(TIMEOUT_S) for child in children] == [0, 0]
    ids = "--format=%(trailers:key=Task,valueonly,separator=%x2C)"
    assert hooked.git("log", "-4", ids, "main").split() == ["task-0001"] * 4
    assert hooked.git("log", "-4", ids, "side").split() == ["task-0002"] * 4


@pytest.mark.parametrize("name", ["-with space, ünïcödé 文書", "quo'te\"s and\na new line", "$(touch pwned) 20%20"])
def test_any_name_of_a_folder(make_hooked, name):
    hooked = make_hooked(name=name)
    assert hooked.try_commit("-m", "One").returncode == 0
    (hooked.stamps / "main").unlink()
    assert hooked.try_commit("-m", "Two").returncode == 0
    sub = hooked.path / "-sub folder"
    sub.mkdir()
    subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", "Three"], cwd=sub, check=True, timeout=TIMEOUT_S)
    ids = hooked.git("log", "-3", "--format=%(trailers:key=Task,valueonly,separator=%x2C)").split()
    assert ids == ["task-0001"] * 3
    assert hooked.cli("hooks", "status").exit_code == 0


# ---------------------------------------------------------------------------------------------- the hook that was here before

SEES = """#!{shell}
{read}
"""


def test_a_hook_that_was_there_runs_first_with_all_that_git_gives_it(fully_hooked, remote, tmp_path):
    """In sh and in Python: arguments, standard input, environment, and the folder."""
    hooked, log = fully_hooked, tmp_path / "log"
    for hook in ALL:
        path = hooked.hooks / hook
        path.unlink()
        if hook in ("pre-push", "commit-msg", "post-commit"):
            text = f"#!{sys.executable}\nimport os, sys\nopen({str(log)!r}, 'a').write(' '.join(['{hook}', *sys.argv[1:]])"
            text += " + f\" [{os.environ.get('GITLEDGER_HOOKS')}|{os.path.basename(os.getcwd())}] \" + (sys.stdin.read() if "
            text += f"{hook == 'pre-push'} else '') + '\\n')\n"
        else:
            reads = "$(cat)" if hook == "post-rewrite" else ""
            text = f'#!/bin/sh\nprintf \'%s\\n\' "{hook} $* [${{GITLEDGER_HOOKS-None}}|${{PWD##*/}}] {reads}" >>"{log}"\n'
        script(path, text)
    reinstall(hooked, tmp_path)

    def logged() -> list[str]:
        lines = log.read_text().splitlines()
        log.unlink()
        return [line.strip() for line in lines]

    before = hooked.git("rev-parse", "HEAD")
    hooked.try_commit("-m", "One")
    assert logged() == [
        "pre-commit  [None|repo]",
        "prepare-commit-msg .git/COMMIT_EDITMSG message [None|repo]",
        "commit-msg .git/COMMIT_EDITMSG [None|repo]",
        "post-commit [None|repo]",
    ]
    assert hooked.trailers()[0] == "Task: task-0001"
    one = hooked.git("rev-parse", "HEAD")
    hooked.try_commit("--amend", "-m", "Two")
    two = hooked.git("rev-parse", "HEAD")
    assert logged()[-1] == f"post-rewrite amend [None|repo] {one} {two}"
    hooked.git("push", "--quiet", "origin", "main", "main:copy")
    pushed = "\n".join(logged())
    assert pushed.startswith(f"pre-push origin {remote.path} [None|repo] refs/heads/main {two} refs/heads/main {'0' * 40}")
    assert f"\nrefs/heads/main {two} refs/heads/copy {'0' * 40}" in pushed
    hooked.git("checkout", "--quiet", "-b", "side", before)
    assert logged() == [f"post-checkout {two} {before} 1 [None|repo]"]
    hooked.git("merge", "--quiet", "main")
    assert logged()[-1] == "post-merge 0 [None|repo]"


def test_the_input_reaches_both(fully_hooked, tmp_path):
    """What git says to post-rewrite is read by the hook that was there, and carries our records over all the same."""
    hooked = fully_hooked
    script(hooked.hooks / "post-rewrite", "#!/bin/sh\ncat >seen\n")
    reinstall(hooked, tmp_path)
    hooked.try_commit("-m", "One")
    one = hooked.git("rev-parse", "HEAD")
    hooked.try_commit("--amend", "-m", "Two")
    two = hooked.git("rev-parse", "HEAD")
    assert (hooked.path / "seen").read_text() == f"{one} {two}\n"
    assert hooked.started[-1] == "post-rewrite"
    assert hooked.uid() in hooked.git("notes", "--ref=taskledger", "show", two)


@pytest.mark.parametrize("hook", ["pre-commit", "prepare-commit-msg", "commit-msg", "pre-push"])
@pytest.mark.parametrize("is_off", [False, True], ids=["on", "off"])
def test_its_exit_code_counts(fully_hooked, remote, tmp_path, hook, is_off):
    hooked = fully_hooked
    script(hooked.hooks / hook, "#!/bin/sh\necho 'Not today.' >&2\nexit 5\n")
    reinstall(hooked, tmp_path)
    env = {"GITLEDGER_HOOKS": "0"} if is_off else None
    done = hooked.run("push", "origin", "main", env=env) if hook == "pre-push" else hooked.try_commit("-m", "One", env=env)
    assert done.returncode != 0 and b"Not today." in done.stderr
    assert hooked.started == []


def test_a_hook_that_is_not_executable_is_passed_over_as_git_does(fully_hooked, tmp_path):
    path = fully_hooked.hooks / "commit-msg"
    script(path, "#!/bin/sh\nexit 1\n").chmod(0o644)
    reinstall(fully_hooked, tmp_path)
    assert fully_hooked.try_commit("-m", "One").returncode == 0
    assert stat.S_IMODE((path.parent / "commit-msg.before-gitledger").stat().st_mode) == 0o644


def test_a_hook_before_ours_may_write_into_the_message(fully_hooked, tmp_path):
    script(fully_hooked.hooks / "commit-msg", "#!/bin/sh\nprintf '\\nChange-Id: I1\\n' >>\"$1\"\n")
    reinstall(fully_hooked, tmp_path)
    fully_hooked.try_commit(env=editor("printf 'Typed\\n' >\"$1\""))
    assert fully_hooked.trailers() == ["Change-Id: I1", "Task: task-0001", f"Task-Id: {fully_hooked.uid()}"]


def test_a_hook_that_commits_is_stamped_too_and_ends(fully_hooked, tmp_path):
    """What another hook does is the user's: our hooks see it as any commit, and there is no going round in circles."""
    text = "#!/bin/sh\n[ -n \"$AGAIN\" ] || AGAIN=1 git commit --quiet --allow-empty -m Second\n"
    script(fully_hooked.hooks / "post-commit", text)
    reinstall(fully_hooked, tmp_path)
    fully_hooked.try_commit("-m", "First")
    ids = fully_hooked.git("log", "-2", "--format=%s %(trailers:key=Task,valueonly,separator=%x2C)").splitlines()
    assert ids == ["Second task-0001", "First task-0001"]


# ---------------------------------------------------------------------------------------------- hooks run


def test_hooks_run_does_what_the_hook_does(hooked):
    uid = hooked.uid()
    (hooked.hooks / "commit-msg").unlink()
    message = hooked.write("message", "Fix\n")
    done = hooked.cli.process("hooks", "run", "commit-msg", "--", "message")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert message.read_text() == f"Fix\n\nTask: task-0001\nTask-Id: {uid}\n"
    template = hooked.write("t", "Why:\n")
    assert hooked.cli.process("hooks", "run", "prepare-commit-msg", "--", "t", "template").exit_code == 0
    assert hooked.cli.process("--json", "hooks", "run", "commit-msg", "--", "t").json["result"]["exit_code"] == 0
    assert template.read_text() == "Why:\n"
    off = hooked.cli.process("hooks", "run", "commit-msg", "--", "message", env={"GITLEDGER_HOOKS": "0"})
    assert off.exit_code == 0
    assert hooked.cli("hooks", "run", "update").exit_code == 2


def test_hooks_run_exits_as_the_hook_does(hooked):
    hooked.write(".gitledger.yaml", "version: 1\ncommits: require\n")
    done = hooked.cli.process("hooks", "run", "pre-commit")
    assert done.exit_code == 3 and "GATE_BLOCKED" in done.stderr
