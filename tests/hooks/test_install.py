"""Installing the hooks, looking whether they work, and taking them away: what was there before is there again, byte for byte."""

from pathlib import Path

import os
import shutil
import stat
import subprocess
import sys

import pytest

from gitledger.errors import StorageError
from gitledger.ledger import hookfiles
from gitledger.ops._hook_views import HOOKS
from tests.conftest import TIMEOUT_S, Cli, Repo
from tests.hooks.conftest import SOURCE

NOTES = "refs/notes/taskledger"


@pytest.fixture
def begun(repo, cli):
    """A repository with an active task and no hooks."""
    for words in (["init"], ["task", "create", "One"], ["task", "activate", "1"]):
        assert cli(*words).exit_code == 0
    return repo


@pytest.fixture
def ask(begun, cli):
    """`ask("status")`: what `gitledger hooks status` answers."""

    def ask(*words, exit_code=0):
        done = cli("--json", "hooks", *words)
        assert done.exit_code == exit_code, done
        return done.json["result"] if done.json["ok"] else done.json["error"]

    return ask


def contents(folder: Path) -> dict[str, tuple[int, bytes, str | None]]:
    """Every file of a folder: mode, bytes, and where a link leads."""
    found = {}
    for path in sorted(folder.rglob("*")):
        link = os.readlink(path) if path.is_symlink() else None
        data = path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (stat.S_IMODE(path.lstat().st_mode), data, link)
    return found


def write(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def states(view) -> dict[str, str]:
    return {hook["hook"]: hook["status"] for hook in view["hooks"]}


# ---------------------------------------------------------------------------------------------- there and back


def test_there_and_back(begun, ask):
    """Foreign hooks of all kinds, and settings, are as they were before; installing twice is installing once."""
    hooks = begun.path / ".git/hooks"
    write(hooks / "pre-commit", "#!/bin/sh\nexit 0\n")
    write(hooks / "commit-msg", "#!/usr/bin/env python3\n", 0o700)
    write(hooks / "post-merge", "not run\n", 0o644)
    write(begun.path / "scripts/push.sh", "#!/bin/sh\nexit 0\n")
    (hooks / "pre-push").symlink_to("../../scripts/push.sh")
    (hooks / "post-checkout").symlink_to("nowhere")
    before, config = contents(hooks), (begun.path / ".git/config").read_bytes()
    status = begun.git("status", "--porcelain")

    done = ask("install")
    assert done["written"] and done["manager"] is None and done["snippet"] is None and done["changed"]
    assert done["folder"] == str(hooks) and done["interpreter"] == sys.executable
    chained = {hook["hook"] for hook in done["hooks"] if hook["chained"]}
    assert chained == {"pre-commit", "commit-msg", "post-merge", "pre-push", "post-checkout"}
    assert set(states(done).values()) == {"installed"} and list(states(done)) == list(HOOKS)
    assert begun.git("config", "taskledger.command") == sys.executable
    assert begun.git("config", "--get", "core.hooksPath", check=False) == ""
    installed = contents(hooks)
    assert all(installed[f"{name}.before-gitledger"] == before[name] for name in chained)

    again = ask("install")
    assert not again["changed"] and set(states(again).values()) == {"unchanged"}
    assert contents(hooks) == installed
    assert begun.git("status", "--porcelain") == status

    gone = ask("uninstall")
    assert {hook["hook"] for hook in gone["hooks"] if hook["status"] == "restored"} == chained
    assert contents(hooks) == before
    assert begun.git("config", "--get", "taskledger.command", check=False) == ""
    assert (begun.path / ".git/config").read_bytes() == config
    assert not (begun.path / ".git/gitledger/stamp").exists()
    assert not ask("uninstall")["changed"]


def test_a_hook_of_ours_that_somebody_edited_is_left(begun, ask):
    ask("install")
    path = begun.path / ".git/hooks/commit-msg"
    edited = path.read_text() + "echo mine\n"
    path.write_text(edited)
    again = ask("install")
    assert states(again)["commit-msg"] == "changed_by_hand" and "was edited" in again["warnings"][0]
    assert states(ask("status", exit_code=7))["commit-msg"] == "broken"
    gone = ask("uninstall")
    assert [hook["hook"] for hook in gone["hooks"] if hook["status"] == "changed_by_hand"] == ["commit-msg"]
    # It goes on working: what it reads stays as well.
    assert path.read_text() == edited and (path.parent / "gitledger.sh").exists()
    assert not (path.parent / "pre-commit").exists()


def test_an_older_hook_of_ours_is_brought_up_to_date(begun, ask, monkeypatch):
    ask("install")
    path = begun.path / ".git/hooks/commit-msg"
    old = path.read_bytes().replace(b"version 1", b"version 0")
    path.write_bytes(old)
    from hashlib import sha256

    monkeypatch.setattr(hookfiles, "SHIPPED", hookfiles.SHIPPED | {sha256(old).hexdigest()})
    assert states(ask("status", exit_code=7))["commit-msg"] == "outdated"
    assert states(ask("install"))["commit-msg"] == "updated"
    assert ask("status")["healthy"]
    path.chmod(0o644)
    assert "not executable" in ask("status", exit_code=7)["problems"][0]
    assert states(ask("install"))["commit-msg"] == "updated"
    assert ask("status")["healthy"]


def test_a_hook_that_somebody_put_over_ours(begun, ask):
    """With one moved aside already, neither is lost."""
    path = write(begun.path / ".git/hooks/commit-msg", "#!/bin/sh\n# first\n")
    ask("install")
    write(path, "#!/bin/sh\n# second\n")
    before = contents(path.parent)
    error = ask("install", exit_code=4)
    assert error["code"] == "HOOK_IN_THE_WAY" and contents(path.parent) == before
    assert states(ask("status", exit_code=7))["commit-msg"] == "broken"
    ask("uninstall")
    assert "# second" in path.read_text() and "# first" in (path.parent / "commit-msg.before-gitledger").read_text()


def test_a_hook_of_ours_that_somebody_removed(begun, ask):
    """What was there before lies aside and does not run; uninstalling puts it back."""
    path = write(begun.path / ".git/hooks/commit-msg", "#!/bin/sh\n# first\n")
    ask("install")
    path.unlink()
    assert "was moved aside" in ask("status", exit_code=7)["problems"][0]
    gone = ask("uninstall")
    assert {hook["hook"]: hook["status"] for hook in gone["hooks"]}["commit-msg"] == "restored"
    assert "# first" in path.read_text() and not path.with_name("commit-msg.before-gitledger").exists()


def test_hooks_that_are_switched_off(begun, ask):
    begun.git("config", "core.hooksPath", "/dev/null")
    assert ask("install", exit_code=3)["code"] == "HOOKS_OFF"
    assert not (begun.path / ".git/gitledger/stamp").exists()


def test_two_who_install_at_once_lose_nothing(begun, monkeypatch):
    """One has moved the foreign hook aside after the other looked: what lies aside is not overwritten."""
    folder = begun.path / ".git/hooks"
    path = write(folder / "commit-msg", "#!/bin/sh\n# first\n")
    seen = hookfiles.inspect(str(folder), "commit-msg")
    hookfiles.put(str(folder), "commit-msg")
    monkeypatch.setattr(hookfiles, "inspect", lambda *_: seen)
    with pytest.raises(StorageError):
        hookfiles.put(str(folder), "commit-msg")
    assert "# first" in path.with_name("commit-msg.before-gitledger").read_text()
    assert path.read_bytes() == hookfiles.shipped("commit-msg")


def test_some_hooks_only(begun, ask):
    done = ask("install", "commit-msg", "post-commit")
    # The two that see a message belong together.
    assert set(states(done)) == {"prepare-commit-msg", "commit-msg", "post-commit"}
    status = ask("status")
    assert status["healthy"] and states(status)["pre-push"] == "absent"
    ask("install", "update", exit_code=2)


def test_notes_are_shown_when_asked(begun, ask, cli):
    begun.git("config", "--add", "notes.displayRef", "refs/notes/mine")
    assert not ask("install")["shows_notes"]
    assert "--show-notes" in cli("hooks", "install").stdout
    done = ask("install", "--show-notes")
    assert done["shows_notes"] and done["changed"]
    assert begun.git("config", "--get-all", "notes.displayRef").split() == ["refs/notes/mine", NOTES]
    assert not ask("install", "--show-notes")["changed"]
    assert ask("uninstall")["settings"] == ["taskledger.command", "notes.displayRef"]
    assert begun.git("config", "--get-all", "notes.displayRef") == "refs/notes/mine"


def test_an_interpreter_that_somebody_else_named_stays(begun, ask):
    ask("install")
    begun.git("config", "taskledger.command", "/bin/sh")
    assert ask("uninstall")["settings"] == []
    assert begun.git("config", "taskledger.command") == "/bin/sh"


def test_a_repository_without_a_hooks_folder(begun, ask):
    shutil.rmtree(begun.path / ".git/hooks")
    assert ask("install")["written"] and ask("status")["healthy"]


def test_a_bare_repository_is_refused(make_repo, cli_in):
    done = cli_in(make_repo("bare.git", bare=True).path)("--json", "hooks", "install")
    assert done.exit_code == 3 and done.json["error"]["code"] == "NO_WORK_TREE"


# ---------------------------------------------------------------------------------------------- where git looks


def commit_says(repo: Repo) -> str:
    repo.git("commit", "--quiet", "--allow-empty", "-m", "x")
    return repo.git("log", "-1", "--format=%(trailers:key=Task,valueonly,separator=%x2C)")


def test_linked_work_trees_share_the_hooks(begun, ask, cli_in, tmp_path):
    begun.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    linked = Repo(tmp_path / "linked")
    done = cli_in(linked.path)("--json", "hooks", "install").json["result"]
    assert done["folder"] == str(begun.path / ".git/hooks")
    assert ask("status")["healthy"] and commit_says(begun) == "task-0001"


@pytest.mark.parametrize("path", [".git/mine", "/elsewhere"])
def test_a_hooks_folder_of_the_repositorys_own(begun, ask, tmp_path, path):
    folder = tmp_path / "elsewhere" if path.startswith("/") else begun.path / path
    folder.mkdir()
    begun.git("config", "core.hooksPath", str(folder) if path.startswith("/") else path)
    done = ask("install")
    assert done["written"] and done["folder"] == str(folder)
    status = ask("status")
    assert status["healthy"] and status["source"] == "core.hooksPath (local)"
    assert commit_says(begun) == "task-0001"
    # Who leads git elsewhere is told that the hooks are not found there.
    begun.git("config", "core.hooksPath", str(tmp_path))
    assert ask("status", exit_code=7)["problems"]
    begun.git("config", "core.hooksPath", str(folder) if path.startswith("/") else path)
    ask("uninstall")
    assert contents(folder) == {}


@pytest.mark.parametrize("where", ["global", "work tree", "link into the work tree"])
def test_a_hooks_folder_that_is_not_is_never_written_to(begun, ask, tmp_path, where):
    folder = tmp_path / "everybody" if where == "global" else begun.path / "githooks"
    folder.mkdir()
    if where == "global":
        begun.git("config", "--global", "core.hooksPath", str(folder))
    elif where == "work tree":
        begun.git("config", "core.hooksPath", "githooks")
    else:
        shutil.rmtree(begun.path / ".git/hooks")
        (begun.path / ".git/hooks").symlink_to("../githooks")
    done = ask("install", "--beside")
    assert not done["written"] and done["manager"] == "core.hooksPath"
    assert list(folder.iterdir()) == [] and begun.git("status", "--porcelain") == ""
    assert commit_says(begun) == ""
    assert not ask("status", exit_code=7)["healthy"]
    # With the snippet it works, in whatever hook.
    shown = str(folder) if where == "global" else "githooks"
    assert done["snippet"]["files"] == [f"{shown}/{hook}" for hook in HOOKS]
    for hook in HOOKS:
        write(folder / hook, f"#!/bin/sh\n{done['snippet']['text']}")
    status = ask("status")
    assert status["healthy"] and set(states(status).values()) == {"managed"}
    assert commit_says(begun) == "task-0001"
    ask("uninstall")
    # Where gitledger is not installed the snippet does nothing.
    assert commit_says(begun) == ""
    assert not (begun.path / ".git/gitledger/hooks").exists()


# ---------------------------------------------------------------------------------------------- other managers

# What husky 9.1 puts into each file of .husky/_, and into the file `h` that those read.
HUSKY = """#!/usr/bin/env sh
. "$(dirname "$0")/h\""""
HUSKY_H = """#!/usr/bin/env sh
n=$(basename "$0")
s=$(dirname "$(dirname "$0")")/$n
[ ! -f "$s" ] && exit 0
[ "${HUSKY-}" = "0" ] && exit 0
export PATH="node_modules/.bin:$PATH"
sh -e "$s" "$@"
c=$?
[ $c != 0 ] && echo "husky - $n script failed (code $c)"
exit $c
"""


def test_husky(begun, ask):
    """As husky 9 has it: core.hooksPath is .husky/_, and each hook there runs the file of its name above it."""
    begun.git("config", "core.hooksPath", ".husky/_")
    for hook in HOOKS:
        write(begun.path / ".husky/_" / hook, HUSKY)
    write(begun.path / ".husky/_/h", HUSKY_H, 0o644)
    write(begun.path / ".husky/pre-commit", "true\n", 0o644)
    before = contents(begun.path / ".husky")
    done = ask("install")
    assert (done["written"], done["manager"]) == (False, "husky") and contents(begun.path / ".husky") == before
    assert ".husky/commit-msg" in done["snippet"]["files"]
    for name in done["snippet"]["files"]:
        with (begun.path / name).open("a") as file:
            file.write(done["snippet"]["text"])
    status = ask("status")
    assert status["healthy"] and set(states(status).values()) == {"managed"}
    assert commit_says(begun) == "task-0001"
    assert ask("install")["snippet"] is None
    shutil.rmtree(begun.path / ".git/gitledger/hooks")
    assert "is not there" in ask("status", exit_code=7)["problems"][0]


def test_husky_before_npm_has_run(begun, ask):
    (begun.path / ".husky").mkdir()
    assert ask("install")["manager"] == "husky"


LEFTHOOK = """#!/bin/sh
# lefthook {hook}
gl="$(git rev-parse --git-common-dir)/gitledger/hooks/{hook}"; [ ! -x "$gl" ] || "$gl" "$@"
"""


def test_lefthook(begun, ask):
    begun.write("lefthook.yml", "pre-commit:\n  commands: {}\n")
    done = ask("install")
    assert (done["written"], done["manager"]) == (False, "lefthook")
    assert done["snippet"]["files"] == ["lefthook.yml"]
    assert "\npre-push:\n" in done["snippet"]["text"] and "use_stdin: true" in done["snippet"]["text"]
    # What `lefthook install` would make of it, in short.
    begun.write("lefthook.yml", done["snippet"]["text"])
    for hook in HOOKS:
        write(begun.path / ".git/hooks" / hook, LEFTHOOK.format(hook=hook))
    assert ask("status")["healthy"] and commit_says(begun) == "task-0001"
    from gitledger.model import yaml

    told = yaml.load(done["snippet"]["text"].encode(), what="lefthook.yml", strings=True)
    assert set(told) == set(HOOKS)


def test_pre_commit_is_recognised_by_its_file_and_by_its_hooks(begun, ask):
    begun.write(".pre-commit-config.yaml", "repos: []\n")
    done = ask("install")
    assert (done["written"], done["manager"]) == (False, "pre-commit")
    assert "- id: gitledger-commit-msg" in done["snippet"]["text"]
    (begun.path / ".pre-commit-config.yaml").unlink()
    write(begun.path / ".git/hooks/pre-push", "#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n")
    assert ask("install")["manager"] == "pre-commit"


def test_beside_a_manager_whose_hooks_lie_in_the_repositorys_own_folder(begun, ask):
    begun.write(".pre-commit-config.yaml", "repos: []\n")
    theirs = write(begun.path / ".git/hooks/commit-msg", "#!/bin/sh\n# File generated by pre-commit\ntouch ran\n")
    done = ask("install", "--beside")
    assert done["written"] and ask("status")["healthy"]
    assert commit_says(begun) == "task-0001" and (begun.path / "ran").exists()
    ask("uninstall")
    assert "touch ran" in theirs.read_text()


# ---------------------------------------------------------------------------------------------- status


def test_status_says_why_not(begun, ask, cli, monkeypatch):
    nothing = ask("status", exit_code=7)
    assert nothing["problems"] == ["No hook of gitledger is installed here."]
    assert nothing["next_command"] == "gitledger hooks install"
    ask("install")
    hooks = begun.path / ".git/hooks"
    begun.git("config", "taskledger.command", "/no/such/python")
    assert ask("status", exit_code=7)["problems"] == ["/no/such/python (taskledger.command) cannot be started."]
    bare = write(begun.path.parent / "bare", f'#!/bin/sh\nexec "{sys.executable}" -S -I "$@"\n')
    begun.git("config", "taskledger.command", str(bare))
    assert ask("status", exit_code=7)["problems"] == [f"{bare} (taskledger.command) cannot import gitledger."]
    begun.git("config", "--unset", "taskledger.command")
    assert "is not set" in ask("status", exit_code=7)["problems"][0]
    ask("install")
    (hooks / "gitledger.sh").unlink()
    assert "is not what gitledger put there" in ask("status", exit_code=7)["problems"][0]
    said = cli("hooks", "status")
    assert said.exit_code == 7 and "commit-msg          broken" in said.stdout and "next: gitledger hooks install" in said.stdout
    ask("install")
    begun.git("config", "core.hooksPath", ".husky/_")
    assert f"does not find {hooks}/pre-commit" in ask("status", exit_code=7)["problems"][0]


def test_status_and_the_hooks_write_nothing(begun, ask):
    ask("install")
    before = contents(begun.path / ".git")
    ask("status")
    assert contents(begun.path / ".git") == before


# ---------------------------------------------------------------------------------------------- the files


def test_the_files_are_ours_and_known():
    """Whoever changes a hook writes its digest down: `python -m tests.hooks.ship`."""
    from hashlib import sha256

    names = {path.name for path in (SOURCE / "hooks").iterdir()}
    assert names == {*HOOKS, *hookfiles.SHARED}
    files = {name: hookfiles.shipped(name) for name in sorted(names)}
    new = {name: sha256(data).hexdigest() for name, data in files.items()}
    assert {name: digest for name, digest in new.items() if digest not in hookfiles.SHIPPED} == {}
    for name, data in files.items():
        assert any(line.startswith(hookfiles.MARK) for line in data.splitlines()[:2])
        assert os.access(SOURCE / "hooks" / name, os.X_OK) == (name in HOOKS)
        assert data.isascii()


def test_shellcheck_finds_nothing():
    program = shutil.which("shellcheck", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
    assert program is not None, "it is one of the dev dependencies"
    paths = sorted(str(path) for path in (SOURCE / "hooks").iterdir())
    done = subprocess.run([program, "-x", "-s", "sh", *paths], capture_output=True, text=True, timeout=TIMEOUT_S)
    assert done.stdout + done.stderr == "" and done.returncode == 0


@pytest.mark.parametrize("shell", [["dash"], ["bash", "--posix"], ["busybox", "sh"], ["ksh"], ["zsh", "--emulate", "sh"]], ids="_".join)
def test_every_shell_that_is_here_takes_them(shell):
    if shutil.which(shell[0]) is None:
        pytest.skip(f"no {shell[0]} here")
    for path in sorted((SOURCE / "hooks").iterdir()):
        done = subprocess.run([*shell, "-n", path], capture_output=True, text=True, timeout=TIMEOUT_S)
        assert (done.returncode, done.stderr) == (0, ""), path


def test_the_command_line_knows_the_hooks(cli: Cli):
    said = cli("hooks", "install", "--help").stdout
    assert "HOOK..." in said and "--beside" in said
    assert cli("hooks", "run").exit_code == 2
