"""Law 10: a refusal names the command that would help, one that exists, that is complete, and that forces or deletes nothing.

Twice: every command that the source spells out is parsed; and every command in an answer, frozen ones and those of a table
of refusals, is parsed, and those of the table are run as well.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import json
import re
import shlex
import shutil
import subprocess

import pytest

import gitledger
from gitledger.cli.groups import HANDWRITTEN
from gitledger.errors import LostRace, command_line
from gitledger.ops._registry import NOUNS, ROOTS
from tests.door import PLAN
from tests.hints import wrongs
from tests.spelled import Source, name_of, sources

ROOT = Path(__file__).parent.parent
GOLDEN = Path(__file__).parent / "golden" / "results"
SOURCES = sources(Path(gitledger.__file__).parent)

# Nouns and commands of issue 3, which the engine names already. Once they are there, they are checked like all others.
AWAITED = {"ledger", "remote", "sync", "fetch", "pull"} - {*NOUNS, *ROOTS}

# Where only a run can tell what is recommended, with the reason why that is in order.
TOLD_BY_A_RUN = {
    ("cli/build.py", "help_hint"): "the help of the operation's own command",
    ("cli/build.py", "make_operation"): "the same",
    ("cli/failure.py", "_help_of"): "the help of the command that was being parsed",
    ("cli/failure.py", "usage_error"): "the same",
    ("cli/groups.py", "unknown_command"): "the help of the command that was probably meant, else of what was parsed",
    ("ledger/diagnosis.py", "_finding"): "a builder: its callers are read",
    ("ledger/diagnosis.py", "_noting"): "the hint of a refusal, which is spelled out where that is made",
    ("ledger/diagnosis.py", "_of_issue"): "the command of a finding of `ledger doctor`, which is spelled out there",
    ("mcp/calls.py", "failure"): "the help of the command that was called; tests/mcp parses it",
    ("mcp/commands.py", "_unknown"): "the help of the command that was probably meant; tests/mcp parses it",
    ("mcp/commands.py", "misuse"): "the help of the operation's own command; tests/mcp parses it",
    ("ops/_approval.py", "_check_approver"): "the help of the operation's own command",
    ("ops/_approval.py", "_check_reasons"): "the help of the operation's own command",
    ("ops/_commands.py", "next_line"): "a builder: its callers are read",
    ("ops/_commands.py", "on_task"): "a builder: its callers are read",
    ("ops/_completing.py", "show"): "the hint of the refusal that it tells of, which is read where that is made",
    ("ops/_comparing.py", "_versions"): "guards.next_step, which is read",
    ("ops/_pointed.py", "pointed"): "the help of the operation's own command",
    ("ops/_pointed.py", "role_named"): "the same",
    ("ops/_sections.py", "planning_commands"): "the commands of the planner's context, which are read from the page",
    ("ops/batch.py", "_operation"): "the schema of the operation that was named",
    ("ops/batch.py", "_refuse_by_itself"): "the help of the operation that was named",
    ("ops/guards.py", "refusal"): "the command of the first blocker, which is spelled out where the blocker is made",
    ("ops/implement.py", "_run_of_type"): "guards.next_step, which is read",
    ("ops/_planning.py", "find_plan"): "guards.next_step, which is read",
    ("ops/validate.py", "show"): "guards.next_step, which is read",
}
BY_NAME = {("cli/schema.py", "find"): "the help of a command that is no operation, whichever it is"}

REFUSALS = ("LedgerError", "Refused", "Conflict", "NotFound", "StorageError", "ValidationFailed")


# ---------------------------------------------------------------------------------------------- in the source


def where(source: Source, function: str) -> tuple[str, str]:
    return source.file.removeprefix("gitledger/"), function


def is_awaited(argv: Sequence[str]) -> bool:
    return argv[0] == "gitledger" and argv[1] in AWAITED


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.file)
def test_every_command_that_the_source_spells_out_is_one_that_may_be_recommended(source):
    found = []
    for place, argv in source.commands():
        if not is_awaited(argv) and where(source, place.function) not in BY_NAME:
            found += [f"{source.file}:{place.line} {wrong}" for wrong in wrongs(argv)]
    assert found == []


def test_what_only_a_run_can_tell_is_known():
    untold = {where(source, place.function) for source in SOURCES for place in source.untold()}
    assert untold == set(TOLD_BY_A_RUN)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.file)
def test_every_refusal_has_a_hint(source):
    """Bad input may lack one, for a face then names the help of the command; a lost race has one of its own."""
    bare = [
        f"{source.file}:{call.lineno}"
        for call in source.calls()
        if name_of(call) in REFUSALS and not {"hint", None} & {keyword.arg for keyword in call.keywords}
    ]
    assert bare == []


def test_the_source_is_read():
    """Should the commands be spelled in another way one day, this says that nothing is read any more."""
    assert sum(1 for source in SOURCES for _ in source.commands()) > 100
    made = [call for source in SOURCES for call in source.calls() if name_of(call) in REFUSALS]
    assert len(made) > 50


def test_a_bad_hint_would_be_found(tmp_path):
    (tmp_path / "bad.py").write_text(
        'refuse(hint=("git", "push", "--force"))\n'
        'def f(task, deep):\n    verb = "finnish" if deep else "show"\n    return on_task(task, "implement", verb)\n'
        'raise NotFound("x", hint=(PROGRAM, "todo", "done", "--task", task.id))\n'
        'raise NotFound("x", hint=(PROGRAM, "lock", "break", "--reason", "REASON"))\n'
    )
    [source] = sources(tmp_path)
    said = [wrong for _, argv in source.commands() for wrong in wrongs(argv)]
    assert [words in " ".join(said) for words in ("--force", "implement finnish", "TODO", "gives something up")] == [True] * 4
    assert not any("implement show" in wrong for wrong in said)


def test_the_hint_of_a_lost_race():
    assert list(wrongs(LostRace("x").hint)) == []


# ---------------------------------------------------------------------------------------------- in answers

COMMAND_KEYS = ("next_command", "template_command", "command_hint", "done_command_hint", "done_command")


def commands_in(value: Any) -> Iterator[str]:
    """Every command line that an answer recommends."""
    if isinstance(value, list):
        for item in value:
            yield from commands_in(item)
    if not isinstance(value, dict):
        return
    for key, item in value.items():
        if key in COMMAND_KEYS and item is not None:
            yield item
        yield from commands_in(item)
    if {"label", "command", "primary"} <= set(value) or {"checked", "healthy", "command"} <= set(value):
        yield value["command"]
    if {"code", "message", "hint", "retryable"} <= set(value):
        assert value["hint"], f"a refusal without a hint: {value}"
        yield value["hint"]
    if str(value.get("next_action", "")).startswith("gitledger "):
        yield value["next_action"]


@pytest.mark.parametrize("golden", sorted(set(GOLDEN.glob("*.json")) - {GOLDEN / "schema.json"}), ids=lambda path: path.stem)
def test_every_command_in_a_frozen_answer_may_be_recommended(golden):
    for run in json.loads(golden.read_text()):
        for line in commands_in(run["answer"]):
            assert list(wrongs(shlex.split(line))) == [], run["run"]
            assert command_line(shlex.split(line)) == line, "spelled as the program spells commands"


def test_next_action_recommends_something_wherever_there_is_something_to_do():
    for run in json.loads((GOLDEN / "next-action.json").read_text()):
        result = run["answer"].get("result")
        if result is not None:
            assert bool(result["next_command"]) == (result["action"] != "none")
            primary = [command["command"] for command in result["commands"] if command["primary"]]
            assert primary == ([result["next_command"]] if result["next_command"] else [])


def test_the_commands_of_the_contexts_may_be_recommended():
    pages = [run["answer"]["result"] for run in json.loads((GOLDEN / "context.json").read_text()) if run["answer"]["ok"]]
    lines = [line for page in pages if isinstance(page, str) for line in re.findall(r"^- (?:\w+: )?(gitledger .*)$", page, re.M)]
    assert len(lines) > 5
    for line in lines:
        assert list(wrongs(shlex.split(line))) == []


@pytest.mark.parametrize("page", ["tests/cli/story.console", "README.md", "docs/tutorial/first-task.md"])
def test_the_commands_that_people_are_shown_may_be_recommended(page):
    shown = (ROOT / page).read_text()
    lines = re.findall(r"^ *(?:next: |hint: |done: |template: |[A-Z][^$:\n]*:  +)?(gitledger .*)$", shown, re.M)
    lines = [line for line in lines if not line.startswith("gitledger (")]
    assert lines
    for line in lines:
        assert list(wrongs(shlex.split(line))) == []


# ---------------------------------------------------------------------------------------------- in refusals

# stage → the stage it grows from, and the command lines that lead to it (`<` gives the plan on standard input).
STAGES: dict[str, tuple[str, list[str]]] = {
    "nothing": ("", []),
    "repository": ("", []),
    "ledger": ("repository", ["init"]),
    "draft": ("ledger", ["task create Door", "task create Hinge", "task activate 1"]),
    "asked": ("draft", ["plan start", "question add --required-for-plan --text Which?"]),
    "review": ("draft", ["plan start", "plan propose --file - <"]),
    "rough": ("draft", ["plan start", "plan propose --text Rough."]),
    "answered": ("review", ["question add --required-for-plan --text Which?", "question answer 1 --text This."]),
    "approved": ("review", ["plan accept --version 1 --note Go"]),
    "waiting": ("approved", ["require add hinge"]),
    "implementing": ("approved", ["implement start"]),
    "proven": (
        "implementing",
        ["run -- true", "evidence add --summary x --passed", "run -- echo --token x"],
    ),
    "unclaimed": ("implementing", ["lock break --reason Gone"]),
    "left": ("unclaimed", []),
    "implemented": ("implementing", ["todo done 1 --evidence pytest", "implement finish --summary Done"]),
    "validating": ("implemented", ["validate start"]),
    "failed": ("validating", ["validate finish --result failed --summary Bad"]),
    "done": ("validating", ["validate check --criterion 1", "validate finish --result passed --summary Good"]),
    "cancelled": ("draft", ["task cancel --reason No"]),
}


class Case(NamedTuple):
    """A command line that is refused at a stage: with which code, and in which surroundings."""

    stage: str
    line: str
    code: str
    env: dict[str, str] = {}


def alike(stage: str, code: str, lines: Sequence[str]) -> list[Case]:
    """Cases of one stage that are refused with one code."""
    return [Case(stage, line, code) for line in lines]


OTHER = {"GITLEDGER_SESSION": "elsewhere", "GITLEDGER_TASK": "1"}
LATER = {"GITLEDGER_TEST_NOW": "2026-11-21T00:00:00Z"}
CASES = [
    # Usage, and what is read before anything else.
    Case("ledger", "", "INVALID_INPUT"),
    Case("ledger", "todo", "INVALID_INPUT"),
    *alike("ledger", "UNKNOWN_COMMAND", (
        "todi done",
        "create Door",
        "todo finish 1",
        "xyzzy",
    )),
    *alike("draft", "INVALID_INPUT", (
        "todo done",
        "todo done 1 2",
        "task list --limit many",
        "task list --root .",
        "context --for nobody",
        "task show 1 --task 2",
        "--root nowhere status",
        "--root . --cwd .git status",
        "--ledger '' status",
        "--ledger=-x status",
        "schema demo",
    )),
    Case("draft", "schema todi", "UNKNOWN_COMMAND"),
    Case("draft", "demo .", "INVALID_INPUT"),
    Case("draft", "status", "INVALID_INPUT", {"GITLEDGER_ACTOR_TYPE": "robot"}),
    # Files and texts.
    *alike("draft", "INVALID_INPUT", (
        "task edit --from-file nowhere.md",
        "task edit --from-file .git",
        "task edit --description a --from-file b",
        "task edit --title ' '",
        "task edit --priority urgent",
        "task edit --add-label x --remove-label x",
        f"task create {'x' * 301}",
        "task create Door --slug 'a b'",
    )),
    Case("draft", "task create Door --slug hinge", "CONFLICT"),
    Case("draft", "plan template --file README.md", "FILE_EXISTS"),
    Case("draft", "plan template --file nowhere/plan.md", "CANNOT_WRITE"),
    # Nothing there.
    Case("nothing", "status", "NOT_A_REPOSITORY"),
    Case("repository", "status", "NOT_INITIALISED"),
    Case("repository", "task create Door", "NOT_INITIALISED"),
    Case("repository", "init --taskledger-dir /mnt/x", "INVALID_INPUT"),
    Case("ledger", "next-action", "NO_ACTIVE_TASK"),
    Case("draft", "task show nothing", "NOT_FOUND"),
    Case("draft", "task show", "NOT_FOUND", {"GITLEDGER_TASK": "9"}),
    *alike("draft", "NOT_FOUND", (
        "plan show",
        "plan diff",
        "implement show",
        "implement log",
        "validate show",
        "todo done 9",
        "question answer 9 --text x",
    )),
    Case("approved", "plan show --version 9", "NOT_FOUND"),
    Case("approved", "implement show --run run-0009", "NOT_FOUND"),
    Case("draft", "lock break --reason x", "NOT_FOUND"),
    Case("draft", "require remove 2", "NOT_FOUND"),
    Case("draft", "commits record nothing", "NO_COMMIT"),
    Case("draft", "commits unlink 1234abcd", "NO_COMMIT"),
    Case("draft", "commits list --limit -1", "INVALID_INPUT"),
    Case("draft", "commits link HEAD --replaces 1234abcd", "NOT_LINKED"),
    Case("draft", "commits scan nothing..main", "NO_COMMIT"),
    Case("draft", "commits reconcile --pair x", "INVALID_INPUT"),
    Case("draft", "whence nothing", "NO_COMMIT"),
    Case("draft", "blame nothing.py", "NO_LINES"),
    Case("draft", "blame README.md -L x", "INVALID_INPUT"),
    Case("draft", "grep '('", "INVALID_INPUT"),
    Case("draft", "grep x -F -P", "INVALID_INPUT"),
    Case("draft", "grep ' '", "VALIDATION"),
    Case("draft", "grep x --revision nothing", "NO_COMMIT"),
    Case("draft", "search x --revision HEAD", "INVALID_INPUT"),
    Case("draft", "deps nothing.py", "NOT_FOUND"),
    Case("draft", "deps ' '", "VALIDATION"),
    Case("draft", "task activate 9", "NOT_FOUND"),
    # Lists.
    *alike("draft", "INVALID_INPUT", (
        "task list --status unknown",
        "task list --role unknown",
        "task list --limit -1",
        "task events --limit -1",
        "log --limit -1",
        "question list --status unknown",
    )),
    # Planning.
    *alike("draft", "WORKFLOW_REJECTION", (
        "plan propose --text x",
        "plan upsert --text x",
        "plan upsert --text x --from-answers",
        "plan revise",
        "plan reject",
    )),
    Case("asked", "plan upsert --text x", "WORKFLOW_REJECTION"),
    Case("asked", "plan start", "LOCK_CONFLICT", OTHER),
    Case("asked", "plan propose --text x", "STALE_LOCK_REQUIRES_BREAK", LATER),
    *alike("asked", "INVALID_INPUT", (
        "plan propose --text '---'",
        "question add --text ' '",
        "question add-many",
        "question add-many --text a --yaml '- b'",
        "question add-many --yaml '['",
        "question answer-many --text nothing",
        "question answer-many --text 'q-0001: a\nq-1: b'",
    )),
    Case("asked", "task deactivate --reason x", "LOCK_CONFLICT"),
    Case("asked", "task activate 2", "LOCK_CONFLICT"),
    Case("review", "plan approve --version 1", "WORKFLOW_REJECTION"),
    Case("review", "plan approve --version 1 --actor user", "INVALID_INPUT"),
    Case("review", "plan approve --version 1 --allow-empty-todos", "INVALID_INPUT"),
    Case("review", "plan accept --version 1", "INVALID_INPUT"),
    Case("review", "plan materialize-todos --version 1", "WORKFLOW_REJECTION"),
    Case("review", "plan accept --version 9 --note x", "NOT_FOUND"),
    Case("rough", "plan accept --version 1 --note x", "APPROVAL_REQUIRED"),
    Case("answered", "plan accept --version 1 --note x", "APPROVAL_REQUIRED"),
    # Implementing.
    Case("review", "implement start", "WORKFLOW_REJECTION"),
    Case("waiting", "implement start", "WORKFLOW_REJECTION"),
    Case("waiting", "require add 1 --task 2", "CONFLICT"),
    Case("waiting", "require add 1", "CONFLICT"),
    Case("waiting", "require waive 2 --reason x --actor agent", "WORKFLOW_REJECTION"),
    Case("waiting", "require waive 2 --reason ' '", "INVALID_INPUT"),
    Case("approved", "implement change --path x", "WORKFLOW_REJECTION"),
    Case("approved", "implement resume --reason x", "WORKFLOW_REJECTION"),
    Case("approved", "todo add --text x --mandatory --optional", "INVALID_INPUT"),
    Case("implementing", "implement finish --summary x", "IMPLEMENTATION_TODOS_INCOMPLETE"),
    Case("implementing", "implement finish --summary ' '", "IMPLEMENTATION_TODOS_INCOMPLETE"),
    Case("implementing", "implement change --path ''", "INVALID_INPUT"),
    Case("implementing", "implement change --path x", "LOCK_CONFLICT", OTHER),
    Case("implementing", "implement change --path x", "STALE_LOCK_REQUIRES_BREAK", LATER),
    Case("implementing", "task edit --title x", "WORKFLOW_REJECTION"),
    Case("implementing", "task cancel", "LOCK_CONFLICT", OTHER),
    Case("unclaimed", "implement log --message x", "LOCK_CONFLICT"),
    Case("unclaimed", "implement resume --reason x --run run-0001", "WORKFLOW_REJECTION"),
    Case("draft", "run -- no-such-program-anywhere", "NO_PROGRAM"),
    Case("draft", "run -- ./README.md", "CANNOT_RUN"),
    Case("draft", "run", "INVALID_INPUT"),
    Case("draft", "run --criterion 1 -- true", "WORKFLOW_REJECTION"),
    Case("draft", "run --todo 9 -- true", "NOT_FOUND"),
    Case("draft", "run --timeout soon -- true", "INVALID_INPUT"),
    Case("draft", "evidence show 9", "NOT_FOUND"),
    Case("draft", "evidence add --summary x", "INVALID_INPUT"),
    Case("implementing", "run --todo 1 --criterion 1 -- true", "INVALID_INPUT"),
    Case("implementing", "implement command -- true", "LOCK_CONFLICT", OTHER),
    Case("implementing", "validate command --criterion 1 -- true", "WORKFLOW_REJECTION"),
    Case("proven", "evidence verify 1 --rerun", "CONFIRMATION_REQUIRED"),
    Case("proven", "evidence verify 2 --rerun --yes", "INVALID_INPUT"),
    Case("proven", "evidence verify 3 --rerun --yes", "MASKED"),
    # Validating.
    Case("implementing", "validate start", "WORKFLOW_REJECTION"),
    Case("implemented", "validate check --criterion 1", "WORKFLOW_REJECTION"),
    Case("validating", "validate check --criterion 9", "INVALID_INPUT"),
    Case("validating", "validate check --criterion 1 --status maybe", "INVALID_INPUT"),
    Case("validating", "validate finish --result passed --summary x", "VALIDATION_INCOMPLETE"),
    Case("validating", "validate finish --result great --summary x", "INVALID_INPUT"),
    Case("validating", "validate waive --criterion 1 --reason x --actor agent", "WORKFLOW_REJECTION"),
    Case("validating", "validate check --criterion 1", "LOCK_CONFLICT", OTHER),
    Case("validating", "todo done 1 --evidence more", "WORKFLOW_REJECTION"),
    Case("failed", "validate start", "WORKFLOW_REJECTION"),
    Case("failed", "implement restart --summary ' '", "INVALID_INPUT"),
    Case("done", "task cancel", "WORKFLOW_REJECTION"),
    Case("done", "todo add --text x", "WORKFLOW_REJECTION"),
    Case("cancelled", "plan start", "WORKFLOW_REJECTION"),
]

_grown: dict[str, Path] = {}


@pytest.fixture
def at_stage(tmp_path_factory: Any, make_repo: Any, cli_in: Any, tmp_path: Path) -> Callable[[str], Path]:
    """A repository at a stage of its own; the stages grow from each other and are copied."""

    def grow(stage: str) -> Path:
        if stage not in _grown:
            before, lines = STAGES[stage]
            folder = tmp_path_factory.mktemp("stage") / "work"
            shutil.copytree(grow(before), folder) if before else folder.mkdir()
            if stage == "repository":
                shutil.copytree(make_repo().path, folder, dirs_exist_ok=True)
            for line in lines:
                words, _, takes_plan = line.partition(" <")
                result = cli_in(folder)(*shlex.split(words), input=PLAN if _ else "")
                assert result.exit_code == 0, f"{line}: {result}"
            _grown[stage] = folder
        return _grown[stage]

    def copied(stage: str) -> Path:
        return Path(shutil.copytree(grow(stage), tmp_path / "at"))

    return copied


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.stage}: {case.line[:60]}")
def test_a_refusal_names_a_command_that_works(case, at_stage, cli_in, fixed):
    folder = at_stage(case.stage)
    cli = cli_in(folder)
    refused = cli("--json", *shlex.split(case.line), env=case.env)
    error = refused.json["error"]
    assert (error["code"], error["exit_code"]) == (case.code, refused.exit_code)
    for line in commands_in(refused.json):
        assert is_awaited(shlex.split(line)) or list(wrongs(shlex.split(line))) == []
    # The hint is run as it stands. It may have nothing to show; it is not refused for being wrong.
    program, *words = shlex.split(error["hint"])
    if program == "git":
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        assert done.returncode in (0, 1), error["hint"]
    elif words[0] not in HANDWRITTEN and not is_awaited([program, *words]):
        result = cli(*words, "--json", env=case.env)
        is_excused = "there is no file 'plan.md'" in result.stdout
        assert result.exit_code not in (1, 2) or is_excused, f"{error['hint']}: {result}"


def test_every_code_of_the_staged_workflow_is_among_the_refusals():
    wanted = {
        *("NOT_A_REPOSITORY", "NOT_INITIALISED", "NO_ACTIVE_TASK", "NOT_FOUND", "INVALID_INPUT", "UNKNOWN_COMMAND"),
        *("WORKFLOW_REJECTION", "APPROVAL_REQUIRED", "LOCK_CONFLICT", "STALE_LOCK_REQUIRES_BREAK", "CONFLICT"),
        *("IMPLEMENTATION_TODOS_INCOMPLETE", "VALIDATION_INCOMPLETE", "FILE_EXISTS"),
    }
    assert wanted <= {case.code for case in CASES}
