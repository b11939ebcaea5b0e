"""What is recommended leads to the same ledger: where an option or the environment chose it, the command names it too."""

from typing import Any

import re
import shlex

import pytest

from gitledger.errors import Conflict, LedgerError, command_line, naming
from gitledger.ledger import open_ledger
from gitledger.ops.next_action import ShowNextAction
from tests.conftest import Cli, Repo
from tests.hints import wrongs
from tests.test_hints import commands_in

PLAN = """\
---
goal: Mend it.
files: [door.py]
test_commands: [pytest -q]
expected_outputs: [passed]
acceptance_criteria: [It shuts.]
todos:
  - text: Edit door.py so that it shuts.
    validation_hint: Run pytest.
---
Oil the hinges.
"""


@pytest.fixture
def two(cli: Cli) -> Cli:
    """The ledgers main, which commands act on, and `side/way`, where task 1 is at work; in both it is the active one."""
    for words in (
        ["init"], ["task", "create", "Door"], ["task", "create", "Hinge"], ["task", "activate", "1"],
        ["plan", "start"], ["plan", "propose", "--file", "-"], ["plan", "accept", "--version", "1", "--note", "Go."],
        ["ledger", "fork", "side/way"], ["implement", "start"], ["ledger", "switch", "main"],
    ):
        done = cli(*words, input=PLAN)
        assert done.exit_code == 0, (words, done)
    return cli


# Commands that answer with commands; refused ones are among them.
ASKED = [
    "next-action",
    "todo next",
    "todo show 1",
    "todo add --text More",
    "todo done 9",
    "todo status",
    "can plan",
    "can implement",
    "plan start",
    "plan template",
    "implement finish --summary Done",
    "validate start",
    "validate status",
    "question status",
    "task show 9",
    "context --format json",
    "status",
    "claim 2",
    "unclaim 2",
    "lock break --reason Away --task 1",
    "conflicts",
]


def lines_of(answer: Any) -> list[str]:
    return [line for line in commands_in(answer) if line.startswith("gitledger ") and not line.endswith("--help")]


@pytest.mark.parametrize("how", ["option", "environment"])
def test_every_command_that_is_recommended_names_the_ledger(two: Cli, how: str):
    before, env = (["--ledger", "side/way"], {}) if how == "option" else ([], {"GITLEDGER_LEDGER": "side/way"})
    seen = 0
    for line in ASKED:
        answer = two("--json", *before, *shlex.split(line), env=env).json
        for found in lines_of(answer):
            assert found.startswith("gitledger --ledger side/way "), line
            assert found.count("--ledger") == 1
            assert list(wrongs(shlex.split(found))) == []
            seen += 1
    assert seen > 20


def test_without_the_option_none_does(two: Cli):
    for line in ASKED:
        for found in lines_of(two("--json", *shlex.split(line)).json):
            assert "--ledger" not in found


def test_what_people_and_agents_read_names_it_too(two: Cli):
    def programs(text: str) -> list[str]:
        return re.findall(r"gitledger (?=--|[a-z-]+ )(?!until).*", text)

    for line in ("next-action", "todo next", "implement finish --summary Done", "context --for implementer --todo 1", "context --for planner"):
        done = two("--ledger", "side/way", *shlex.split(line))
        found = programs(done.stdout + done.stderr)
        assert found and all(part.startswith("gitledger --ledger side/way ") for part in found), (line, found)
    merged = two("--ledger", "side/way", "ledger", "merge", "main")
    assert merged.exit_code == 0


def test_what_was_pasted_acts_on_the_same_ledger(two: Cli, repo: Repo):
    before = repo.git("rev-parse", "refs/taskledger/main")
    commands = two("--json", "--ledger", "side/way", "todo", "next").json["result"]["commands"]
    done = next(command["command"] for command in commands if command["kind"] == "complete")
    assert two(*shlex.split(done)[1:]).exit_code == 0
    assert repo.git("rev-parse", "refs/taskledger/main") == before
    assert two("--json", "--ledger", "side/way", "todo", "list").json["result"]["todos"][0]["done"]
    assert not two("--json", "todo", "list").json["result"]["todos"] or not two("--json", "todo", "show", "1").json["result"]["todo"]["done"]


def test_a_reference_with_a_ledger_is_answered_for_that_ledger(two: Cli):
    answer = two("--json", "next-action", "side/way:1").json
    assert lines_of(answer) and all(line.startswith("gitledger --ledger side/way ") for line in lines_of(answer))
    refused = two("--json", "task", "cancel", "--task", "side/way:1").json
    assert lines_of(refused) == ["gitledger --ledger side/way task show 1"]


def test_python_callers_are_told_the_same(two: Cli, repo: Repo):
    ledger = open_ledger(str(repo.path), ledger="side/way")
    assert ledger.run(ShowNextAction()).view.next_command.startswith("gitledger --ledger side/way ")
    with pytest.raises(LedgerError) as refused:
        ledger.run(ShowNextAction(task="9"))
    assert refused.value.hint == ("gitledger", "--ledger", "side/way", "task", "list")
    assert refused.value.hint_text == "gitledger --ledger side/way task list"


def test_nothing_of_it_is_left_afterwards(two: Cli, repo: Repo):
    open_ledger(str(repo.path), ledger="side/way").run(ShowNextAction())
    assert command_line(("gitledger", "status")) == "gitledger status"


# ---------------------------------------------------------------------------------------------- the rule itself


@pytest.mark.parametrize(
    ("argv", "line"),
    [
        (("gitledger", "task", "list"), "gitledger --ledger 'a b' task list"),
        (("gitledger", "--ledger", "c", "task", "list"), "gitledger --ledger c task list"),
        (("gitledger", "task", "--help"), "gitledger task --help"),
        (("git", "log"), "git log"),
        (("gitledger",), "gitledger"),
    ],
)
def test_where_the_name_goes(argv, line):
    with naming("a b"):
        assert command_line(argv) == line
        error = Conflict("x", hint=argv)
    assert (command_line(error.hint), error.hint_text, error.to_dict()["hint"]) == (line, line, line)


def test_the_innermost_counts_and_none_is_none():
    with naming("a"):
        with naming("b"):
            assert command_line(("gitledger", "log")) == "gitledger --ledger b log"
        with naming(None):
            assert command_line(("gitledger", "log")) == "gitledger log"
        assert command_line(("gitledger", "log")) == "gitledger --ledger a log"
