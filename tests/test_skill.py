"""docs/skill/SKILL.md: every command and option that it names exists, its loops run as they stand, and it stays short."""

from pathlib import Path

import re
import shlex

import pytest

from gitledger.cli.build import build_command
from gitledger.cli.groups import HANDWRITTEN, root_command
from gitledger.cli.main import take_json
from gitledger.errors import LedgerError
from gitledger.ops._registry import all_operations
from tests.conftest import Cli, Repo
from tests.door import PLAN
from tests.hints import unparsed

TEXT = (Path(__file__).parent.parent / "docs" / "skill" / "SKILL.md").read_text()
BLOCKS = [block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)]
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", TEXT, flags=re.MULTILINE | re.DOTALL))
IN_BLOCKS = [line for block in BLOCKS for line in block if line.startswith("gitledger ")]
COMMANDS = sorted({*IN_BLOCKS, *(span for span in SPANS if span.startswith("gitledger "))})
OPERATIONS = {op.command: build_command(op) for op in all_operations()}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_that_it_names_is_one(line):
    words = shlex.split(line.replace("-- COMMAND...", "-- true").replace(" COMMAND", " next-action"))
    argv, _ = take_json(words)
    if argv[1] not in HANDWRITTEN:
        assert [*unparsed(argv)] == []


def test_what_it_calls_a_command_or_an_option_in_passing_is_one():
    options = {word for command in [*OPERATIONS.values(), root_command()] for param in command.params for word in param.opts}
    words = [word for span in SPANS if not span.startswith("gitledger ") for word in span.split() if word.startswith("--")]
    assert {"--json", "--text", "--task"} <= {*words}
    assert [word for word in words if word not in {*options, "--help", "--"}] == []
    named = {span for span in SPANS if re.fullmatch(r"(?!gitledger )[a-z]+ [a-z-]+", span)}
    assert named and named <= {*OPERATIONS}


def test_its_exit_codes_are_those_of_errors():
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)}
    kinds = [LedgerError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert {kind.exit_code for kind in kinds} - {130} <= told | {0}


def test_its_loops_run_as_they_stand(repo: Repo, cli: Cli):
    cli("init")
    for line in IN_BLOCKS:
        words = shlex.split(line)[1:]
        if words[:2] == ["plan", "upsert"]:
            repo.write("plan.md", PLAN)
        done = cli(*words, env={"GITLEDGER_SESSION": "session-42", "GITLEDGER_ACTOR_TYPE": "agent", "GITLEDGER_ACTOR_NAME": "agent-1"})
        assert done.exit_code == 0, (line, done)
    assert cli("next-action", "--task", "1", "--json").json["result"]["status_stage"] == "done"
    assert [task["status"] for task in cli("task", "list", "--json").json["result"]["tasks"]] == ["done", "done"]


def test_it_is_short_and_says_when_to_use_it():
    head = re.match(r"---\nname: ([a-z-]+)\ndescription: (.+)\n---\n", TEXT)
    assert head and head[1] == "gitledger" and len(head[2]) <= 1024
    assert len(TEXT.splitlines()) <= 150 and len(TEXT) <= 10_000
