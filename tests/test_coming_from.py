"""`docs/reference/coming-from-taskledger.md`: every command of taskledger 0.2.0 has a row, and what the row says is there is there."""

from pathlib import Path
from typing import NamedTuple

import re

import pytest

from gitledger.cli.build import build_command
from gitledger.cli.groups import HANDWRITTEN
from gitledger.ops._registry import all_operations

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "coming-from-taskledger.md"
OPERATIONS = {op.command: op for op in all_operations()}
# The commands of each group of taskledger 0.2.0; `doctor` runs alone too.
GROUPS = {
    **{"At the root": 16, "task": 15, "plan": 16, "question": 9, "implement": 13, "validate": 6, "todo": 7, "intro": 4},
    **{"file": 3, "link": 3, "require": 4, "lock": 3, "handoff": 9, "release": 4, "doctor": 4, "repair": 6, "migrate": 3},
    **{"actor": 3, "harness": 2, "ledger": 6},
}
_ROW = re.compile(r"\| `([a-z -]+)` \| (.+?) \| ?(.*?) \|")
_HERE = re.compile(r"`([^`]+)`( \(not yet\))?")


class Row(NamedTuple):
    """A command of taskledger, the commands here (with the options that are needed), and whether each is there."""

    leaf: str
    here: list[tuple[str, bool]]
    reason: str


def rows() -> dict[str, list[Row]]:
    """The rows of each group."""
    found: dict[str, list[Row]] = {}
    for section in PAGE.read_text().split("\n## ")[1:]:
        group, _, text = section.partition("\n")
        lines = [line for line in text.splitlines() if line.startswith("| `")]
        parsed = [_ROW.fullmatch(line) for line in lines]
        assert None not in parsed, f"a row of {group} is not as the others"
        found[group] = [Row(row[1], [(name, not owed) for name, owed in _HERE.findall(row[2])], row[3]) for row in parsed]
    return found


ROWS = [row for group in rows().values() for row in group]


def test_every_command_of_taskledger_has_its_row():
    assert {group: len(found) for group, found in rows().items()} == GROUPS
    leaves = [row.leaf for row in ROWS]
    assert len(leaves) == len(set(leaves)) == 136
    for group, found in rows().items():
        nouns = {row.leaf.partition(" ")[0] for row in found}
        assert len(nouns) == 16 if group == "At the root" else nouns == {group}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.leaf)
def test_what_a_row_says_is_there_is_there_and_what_it_owes_is_not(row):
    assert row.here or row.reason, "it says neither what does this here, nor why nothing does"
    for line, is_there in row.here:
        assert is_known(line) == is_there, f"{line}: {'is not there' if is_there else 'is there by now'}"


def is_known(line: str) -> bool:
    """Whether there is such a command, with the options that are named."""
    words = line.split()
    command = " ".join(word for word in words if not word.startswith("-"))
    if command not in OPERATIONS:
        return command in HANDWRITTEN
    params = build_command(OPERATIONS[command]).params
    options = {option for param in params for option in (*param.opts, *param.secondary_opts)}
    return {word for word in words if word.startswith("-")} <= options
