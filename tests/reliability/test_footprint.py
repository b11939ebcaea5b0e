"""No command touches the work tree, the index, HEAD or a branch; a command that reads writes nothing at all."""

from collections.abc import Callable
from pathlib import Path

import os
import shutil

import pytest

from gitledger.ops._registry import all_operations
from tests.conftest import Cli, Repo, Result

PLAN = """\
---
goal: Ship the parser.
acceptance_criteria:
  - id: ac-0001
    text: It parses.
  - id: ac-0002
    text: It is fast.
todos:
  - id: plan-todo-0001
    text: Write it.
    mandatory: true
    validation_hint: pytest -q
files: [src/parser.py]
test_commands: [pytest -q]
expected_outputs: [all tests pass]
---

# Plan

Write the parser, then test it.
"""

# Every command that reads, with arguments that fit a task in any state; it may be refused, but it never writes.
READS: dict[str, list[str]] = {
    "status": ["status", "--full"],
    "where": ["where"],
    "version": ["version", "--full"],
    "next-action": ["next-action", "{task}"],
    "can": ["can", "implement", "--task", "{task}"],
    "context": ["context", "--for", "full", "--task", "{task}"],
    "view": ["view", "{task}"],
    "show": ["show", "{task}/todo-0001"],
    "log": ["log"],
    "verify": ["verify"],
    "reindex": ["reindex"],
    "task list": ["task", "list"],
    "task show": ["task", "show", "{task}"],
    "task active": ["task", "active"],
    "task events": ["task", "events", "{task}"],
    "task dossier": ["task", "dossier", "{task}"],
    "task report": ["task", "report", "{task}", "--preset", "archive"],
    "plan template": ["plan", "template", "--task", "{task}"],
    "plan lint": ["plan", "lint", "--task", "{task}"],
    "plan list": ["plan", "list", "{task}"],
    "plan show": ["plan", "show", "{task}"],
    "plan diff": ["plan", "diff", "--task", "{task}"],
    "plan export": ["plan", "export", "--task", "{task}"],
    "plan draft": ["plan", "draft", "--ask-questions", "--task", "{task}"],
    "question list": ["question", "list", "{task}"],
    "question open": ["question", "open", "{task}"],
    "question answers": ["question", "answers", "{task}"],
    "question status": ["question", "status", "{task}"],
    "todo list": ["todo", "list", "{task}"],
    "todo show": ["todo", "show", "todo-0001", "--task", "{task}"],
    "todo status": ["todo", "status", "{task}"],
    "todo next": ["todo", "next", "{task}"],
    "implement status": ["implement", "status", "{task}"],
    "implement checklist": ["implement", "checklist", "{task}"],
    "implement show": ["implement", "show", "{task}"],
    "validate status": ["validate", "status", "{task}"],
    "validate show": ["validate", "show", "{task}"],
    "require list": ["require", "list", "{task}"],
    "lock show": ["lock", "show", "{task}"],
    "lock list": ["lock", "list"],
    "claims": ["claims", "--all-ledgers"],
    "actor whoami": ["actor", "whoami"],
    "remote status": ["remote", "status"],
    "conflicts": ["conflicts"],
    "evidence list": ["evidence", "list", "{task}"],
    "evidence show": ["evidence", "show", "evidence-0001", "--task", "{task}"],
    "evidence trust": ["evidence", "trust", "evidence-0001", "--task", "{task}"],
    "commits list": ["commits", "list", "{task}"],
    "commits check": ["commits", "check", "--task", "{task}"],
    "commits missing": ["commits", "missing", "HEAD"],
    "whence": ["whence", "HEAD"],
    "blame": ["blame", "src/edited.py"],
    "ready": ["ready", "--explain", "--all-ledgers"],
    "next": ["next"],
    "blocked": ["blocked"],
    "stale": ["stale"],
    "overview": ["overview"],
    "metrics": ["metrics", "--by", "label"],
    "workspace list": ["workspace", "list"],
    "workspace show": ["workspace", "show", "core"],
    "search": ["search", "parser", "--all-ledgers"],
    "grep": ["grep", "edited", "--repo", "src"],
    "symbols": ["symbols", "edited", "--revision", "HEAD"],
    "deps": ["deps", "src/edited.py"],
    "transitions": ["transitions", "{task}"],
    "tree": ["tree", "{task}"],
    "graph": ["graph", "{task}", "--format", "dot"],
    "graph export": ["graph", "export"],
    "dep list": ["dep", "list", "{task}"],
    "dep tree": ["dep", "tree", "{task}"],
    "dep cycles": ["dep", "cycles"],
    "item list": ["item", "list"],
    "item show": ["item", "show", "{task}"],
    "tag list": ["tag", "list"],
    "comment list": ["comment", "list", "{task}"],
    "file list": ["file", "list", "{task}"],
    "link list": ["link", "list", "{task}"],
    "intro list": ["intro", "list"],
    "intro show": ["intro", "show", "intro-0001"],
    "handoff list": ["handoff", "list", "{task}"],
    "handoff show": ["handoff", "show", "handoff-0001", "--task", "{task}"],
    "handoff plan-context": ["handoff", "plan-context", "--task", "{task}"],
    "handoff implementation-context": ["handoff", "implementation-context", "--task", "{task}"],
    "handoff validation-context": ["handoff", "validation-context", "--task", "{task}"],
    "release list": ["release", "list"],
    "release show": ["release", "show", "1.0"],
    "release changelog": ["release", "changelog", "1.1", "--since", "1.0"],
    "note list": ["note", "list", "{task}"],
    "note get": ["note", "get", "grammar", "--task", "{task}"],
    "types list": ["types", "list"],
    "types show": ["types", "show", "bug"],
    "types check": ["types", "check", "{task}"],
    "ledger status": ["ledger", "status"],
    "ledger list": ["ledger", "list"],
    "ledger log": ["ledger", "log", "main"],
    "ledger diff": ["ledger", "diff", "main"],
    "hooks status": ["hooks", "status"],
    "doctor locks": ["doctor", "locks"],
    "doctor schema": ["doctor", "schema"],
    "doctor indexes": ["doctor", "indexes"],
    "migrate status": ["migrate", "status"],
    "migrate plan": ["migrate", "plan"],
    "migrate apply": ["migrate", "apply", "--backup"],
    "repair index": ["repair", "index"],
    "repair task": ["repair", "task", "--reason", "Look.", "--task", "{task}"],
    "repair run": ["repair", "run", "--reason", "Look.", "--task", "{task}"],
    "repair planning-command-changes": ["repair", "planning-command-changes", "--reason", "Look.", "--task", "{task}"],
    "repair task-dirs": ["repair", "task-dirs"],
}

# Every command that writes, in an order in which each of them is carried out. PLAN is a file with a plan.
STORY = """\
init
task create "Rewrite the parser" --slug parser --description "In one pass." --priority high --label core
task create "Second" --slug second
task create "Third" --slug third
task activate parser --reason "Start planning"
task edit --title "Rewrite the whole parser" --add-note "Careful."
require add second
require waive second --reason "Not needed." --actor user
require add third
require remove third
plan start
plan command -- true
question add --text "Which grammar?" --required-for-plan
question add-many --required-for-plan --text "How fast?"
question add --text "Why?"
question answer q-0001 --text "LL(1)."
question answer-many --text "q-0002: Very."
question dismiss q-0003
plan propose --file PLAN
plan reject --reason "Too short."
plan revise
plan upsert --from-answers --file PLAN
plan accept --version 2 --note "Ready." --allow-lint-errors
implement start
implement change --path src/parser.py --kind edit --summary "Wrote it."
implement command -- true
run --todo todo-0001 -- true
evidence add --summary "Read it." --passed
evidence verify
implement log --message "Half way."
implement deviation --message "Another way round."
implement artifact --path report.txt --summary "What came of it."
implement scan-changes --from-git
commits record
commits link HEAD --task second
commits unlink HEAD --task second --reason "The other's."
commits scan HEAD
commits reconcile
commits notes
todo add --text "One more thing" --optional
todo done todo-0001 --evidence "pytest -q"
todo undone todo-0001
todo done todo-0001 --evidence "pytest -q again"
lock break --reason "Testing."
implement resume --reason "Go on."
implement finish --summary "Done."
validate start
validate check --criterion ac-0001 --status pass --evidence "pytest -q"
validate command --criterion ac-0001 -- true
validate waive --criterion ac-0002 --reason "Fast enough." --actor user
validate finish --result failed --summary "One case fails."
implement restart --summary "Mend it."
implement finish --summary "Mended."
validate start
validate check --criterion ac-0001 --status pass --evidence "pytest -q"
validate waive --criterion ac-0002 --reason "Fast enough." --actor user
validate finish --result passed --summary "Works."
task deactivate --reason "Done."
claim second --ttl 30m
unclaim second --reason "Later."
claim --next
plan start --task second
plan propose --file PLAN --task second
plan approve --version 1 --actor user --note "Go." --task second --allow-lint-errors --no-materialize-todos --reason "Plain enough."
plan materialize-todos --version 1 --task second
task cancel --task third --reason "Not wanted."
task uncancel --task third --reason "Wanted." --actor user --actor-name ada
task cancel --task third --reason "Not wanted after all."
ledger fork feature-a
task create "Only here"
ledger switch main
ledger adopt --from feature-a only-here
ledger merge feature-a
ledger rename feature-a feature-b
ledger close --reason "Over."
ledger reopen --reason "Not yet."
ledger doctor
ledger delete feature-b --force --reason "Not needed."
task archive third
task unarchive third
task renumber only-here
task delete only-here --reason "Not wanted."
sync
fetch
pull
push
remote setup
item create "Lexer" --slug lexer --schedule "0 9 * * *" --due +2d
item create "Manual" --slug manual --parent lexer --depends-on lexer
item edit lexer --priority P1 --property size=2
dep add second lexer
dep remove second lexer
dep pattern linear lexer second manual
workspace set core --tag core
workspace remove core
tag add lexer core
tag remove lexer core
comment add "Ask Ada." --task lexer
note set grammar --body "LL(1)." --task lexer
note remove grammar --task lexer
file add --path src/parser.py --required-for-validation --task lexer
file remove --path src/parser.py --task lexer
link add --url https://example.org/grammar --task lexer
link remove https://example.org/grammar --task lexer
intro create "House rules" --text "Small steps."
intro link house-rules --task lexer
handoff create --mode full --summary "All there is." --task lexer
handoff claim handoff-0001 --task lexer
handoff close handoff-0001 --reason "Read." --task lexer
handoff create --mode review --task lexer
handoff cancel handoff-0002 --reason "Not needed." --task lexer
release tag 1.0 --at-task parser --note "Out."
actor set --type agent --name zoe --role reviewer
actor clear
harness set --name codex
harness clear
task close --task parser --note "Shipped."
task follow-up parser "Speed it up" --activate
task record "Deployed" --change "infra/deploy.sh:run:Updated" --evidence "No errors."
task create "Plan twice" --slug twice
question add --text "Which way?" --required-for-plan --task twice
question answer q-0001 --text "The short one." --task twice
plan regenerate --from-answers --file PLAN --task twice
plan amend --text "Another way." --task twice
hold lexer --reason "Wait."
resume lexer
move manual --root
advance lexer complete
tree create --tree '{"root": {"title": "Grammar", "slug": "grammar", "children": [{"title": "Terminals"}]}}'
tree complete grammar
graph import --graph '{"items": [{"id": "0f0f0f0f-0000-4000-8000-000000000001", "title": "From elsewhere"}]}'
batch --operations '[{"command": "hold", "arguments": {"task": "grammar", "reason": "Wait."}}]'
doctor --fix
claim manual
repair lock --task manual --reason "Testing."
export .git/export.tar.gz
snapshot .git
import .git/export.tar.gz
hooks install
hooks run pre-commit
hooks uninstall
"""

# What gitledger writes to: its ledgers, and the notes on source commits.
OWN_REFS = ("refs/taskledger", "refs/notes/taskledger")

# The commands after which everything that reads is run.
STOPS = ("init", "plan start", "plan upsert", "implement log", "validate finish", "task cancel")


@pytest.fixture
def busy(repo: Repo, tmp_path: Path) -> Repo:
    """A repository in the middle of work: staged, unstaged, untracked, ignored, renamed, linked, executable."""
    for name in ("kept", "edited", "staged", "both", "moved", "gone", "mode"):
        repo.write(f"src/{name}.py", f"# {name}\n")
    repo.write(".gitignore", "*.log\n")
    repo.commit("Code")
    repo.git("branch", "feature/x")
    repo.git("tag", "v1")
    repo.write("src/staged.py", "# staged, changed\n")
    repo.write("src/both.py", "# both, staged\n")
    repo.git("add", "src/staged.py", "src/both.py")
    repo.git("mv", "src/moved.py", "src/renamed.py")
    repo.git("rm", "--quiet", "src/gone.py")
    repo.write("src/new.py", "# new\n")
    repo.git("add", "--intent-to-add", "src/new.py")
    repo.write("src/both.py", "# both, changed again\n")
    repo.write("src/edited.py", "# edited\n")
    (repo.path / "src/mode.py").chmod(0o755)
    repo.write("notes/untracked ünïcödé.txt", "mine\n")
    repo.write("build.log", "ignored\n")
    (repo.path / "link").symlink_to("src")
    # A file touched, not changed: git would refresh its index entry if it were let.
    os.utime(repo.path / "src/kept.py", (1, 1))
    (tmp_path / "PLAN").write_text(PLAN)
    Repo(tmp_path).git("init", "--quiet", "--bare", "hub.git")
    repo.git("remote", "add", "origin", str(tmp_path / "hub.git"))
    return repo


def work_tree(repo: Repo) -> dict[str, tuple[int, int, bytes]]:
    """Every file of the work tree: mode, time of change and bytes."""
    found = {}
    for folder, names, files in os.walk(repo.path):
        if ".git" in names:
            names.remove(".git")
        for name in [*names, *files]:
            path = Path(folder, name)
            state = path.lstat()
            data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            found[str(path.relative_to(repo.path))] = (state.st_mode, state.st_mtime_ns, data)
    return found


def git_files(repo: Repo) -> dict[str, tuple[int, int]]:
    """Every file of the git folder but gitledger's own: size and time of change."""
    found = {}
    home = repo.path / ".git"
    for folder, names, files in os.walk(home):
        if folder == str(home) and "gitledger" in names:
            names.remove("gitledger")
        for name in files:
            state = Path(folder, name).lstat()
            found[str(Path(folder, name).relative_to(home))] = (state.st_size, state.st_mtime_ns)
    return found


def footprint(repo: Repo) -> dict[str, object]:
    """What is the user's."""
    home = repo.path / ".git"
    return {
        "status": repo.git("--no-optional-locks", "status", "--porcelain=v2", "--branch", "--ignored"),
        "index": (home / "index").read_bytes(),
        "HEAD": (home / "HEAD").read_bytes(),
        "config": [line for line in repo.git("config", "--local", "--list").splitlines() if "taskledger" not in line],
        "refs": [line for line in repo.git("for-each-ref").splitlines() if not line.partition("\t")[2].startswith(OWN_REFS)],
        "logs": {
            path: stamp
            for path, stamp in git_files(repo).items()
            if path.startswith("logs/") and not path.removeprefix("logs/").startswith(OWN_REFS)
        },
        "files": work_tree(repo),
    }


class Watch:
    """Runs commands and looks at what each left behind."""

    def __init__(self, repo: Repo, tmp_path: Path) -> None:
        self.repo = repo
        self.cli = Cli(repo.path)
        self.plan = str(tmp_path / "PLAN")
        self.before = footprint(repo)

    def run(self, *words: str) -> Result:
        """Run a command: nothing of the user's may differ."""
        result = self.cli("--json", *(self.plan if word == "PLAN" else word for word in words))
        after = footprint(self.repo)
        for what, was in self.before.items():
            assert after[what] == was, f"{what} changed by {words}"
        return result

    def read(self, task: str, *, without_cache: bool = False) -> None:
        """Run everything that reads: nothing but the cache may differ, and the cache may be gone."""
        for command, words in READS.items():
            if without_cache:
                shutil.rmtree(self.repo.path / ".git/gitledger", ignore_errors=True)
            before = git_files(self.repo)
            result = self.run(*(word.format(task=task) for word in words))
            assert git_files(self.repo) == before, f"{command} wrote to the git folder"
            # 3 and 5: this task has no such thing yet; 7: a report that says no.
            assert result.exit_code in (0, 3, 5, 7), (command, result)
            assert result.json.get("events" if result.json["ok"] else "error") is not None, result


def story() -> list[list[str]]:
    """The words of each line."""
    import shlex

    return [shlex.split(line) for line in STORY.splitlines()]


def test_every_command_has_a_row() -> None:
    """A new command fails here until it has its line in STORY or READS."""
    lines = [" ".join(words) + " " for words in story()]
    for op in all_operations():
        if op.writes:
            assert any(line.startswith(op.command + " ") for line in lines), f"no line of STORY runs {op.command!r}"
        else:
            assert op.command in READS, f"no row of READS runs {op.command!r}"
            assert " ".join(READS[op.command]).startswith(op.command)


@pytest.mark.slow
def test_nothing_of_the_users_changes(busy: Repo, tmp_path: Path) -> None:
    watch = Watch(busy, tmp_path)
    stops = list(STOPS)
    for words in story():
        result = watch.run(*words)
        assert result.exit_code == 0, (words, result)
        assert result.json["ok"]
        if stops and all(word in words for word in stops[0].split()):
            stops.pop(0)
            watch.read("1")
    assert stops == []
    watch.read("1", without_cache=True)


def test_nothing_changes_for_people_either(busy: Repo, tmp_path: Path) -> None:
    """A real process without --json, from a subfolder, with hooks, a pager and an editor that would leave traces."""
    trap = busy.path / ".git/hooks/reference-transaction"
    trap.parent.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "pre-commit", "post-commit", "post-checkout"):
        hook = trap.with_name(name)
        hook.write_text("#!/bin/sh\ntouch \"$PWD/trap-$(basename $0)\"\n")
        hook.chmod(0o755)
    watch = Watch(busy, tmp_path)
    env = {name: f"touch {busy.path}/trap-{name}; cat" for name in ("PAGER", "GIT_PAGER", "EDITOR", "GIT_EDITOR", "BROWSER")}
    for words in (["init"], ["task", "create", "x"], ["task", "list"], ["log"], ["verify"], ["next-action", "1"], ["status"]):
        done = watch.cli.process(*words, env=env, cwd=busy.path / "src")
        assert done.exit_code == 0, done
        assert footprint(busy) == watch.before, words


def test_a_named_file_is_the_only_one(busy: Repo, tmp_path: Path) -> None:
    """`plan template --file` writes that file into the work tree, for that is what it is for."""
    watch = Watch(busy, tmp_path)
    for words in (["init"], ["task", "create", "x"], ["plan", "start", "--task", "1"]):
        assert watch.run(*words).exit_code == 0
    assert watch.cli("plan", "template", "--file", "plan.md", "--task", "1").exit_code == 0
    after = footprint(busy)
    files = after["files"]
    assert isinstance(files, dict) and files.pop("plan.md")[2]
    assert files == watch.before["files"]
    for what in ("index", "HEAD", "config", "refs", "logs"):
        assert after[what] == watch.before[what]


@pytest.mark.parametrize("place", ["bare", "unborn", "detached", "linked"])
def test_other_places(place: str, make_repo: Callable[..., Repo], tmp_path: Path) -> None:
    """The same in a bare repository, before the first commit, on a detached HEAD and in a linked work tree."""
    repo = make_repo("repo", bare=place == "bare", commit=place != "unborn")
    if place == "detached":
        repo.git("checkout", "--quiet", "--detach")
    if place == "linked":
        repo.git("worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
        repo = Repo(tmp_path / "linked")
    cli = Cli(repo.path)

    def seen() -> list[object]:
        status = "" if place == "bare" else repo.git("--no-optional-locks", "status", "--porcelain=v2", "--branch")
        others = [line for line in repo.git("for-each-ref").splitlines() if "refs/taskledger" not in line]
        return [status, others, repo.git("symbolic-ref", "HEAD", check=False), sorted(os.listdir(repo.path))]

    before = seen()
    for words in (["init"], ["task", "create", "x"], ["task", "activate", "1"], ["todo", "add", "--text", "y"], ["plan", "start"]):
        assert cli("--json", *words).exit_code == 0, words
        assert _but_own(seen()) == _but_own(before), words
    tip = repo.git("rev-parse", "refs/taskledger/main")
    for words in READS.values():
        result = cli("--json", *(word.format(task="1") for word in words))
        # 8: there is no remote here.
        assert result.exit_code in (0, 3, 5, 7, 8), (words, result)
        assert _but_own(seen()) == _but_own(before), words
    assert repo.git("rev-parse", "refs/taskledger/main") == tip


def _but_own(state: list[object]) -> list[object]:
    """In a bare repository gitledger's own folder lies beside the others."""
    *rest, names = state
    assert isinstance(names, list)
    return [*rest, [name for name in names if name != "gitledger"]]
