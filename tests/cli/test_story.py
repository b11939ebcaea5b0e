"""The way of a task from `init` to `done` as a person sees it: `story.console` is what the program says, word for word.

To renew the file after a deliberate change, run this module with RENEW_STORY=1 in the environment, and read the diff.
"""

import os
import re
import shlex
from pathlib import Path

import pytest

STORY = Path(__file__).with_name("story.console")
pytestmark = pytest.mark.usefixtures("fixed")


def masked(text: str, root: Path) -> str:
    """What differs from run to run, by name."""
    text = text.replace(str(root), "ROOT")
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "UID", text)
    return re.sub(r"\b[0-9a-f]{10,64}\b", "ID", text)


def replay(story: str, cli, root: Path) -> str:
    """The story told again: its comments, its `$` lines, and what each of them prints now."""
    told = []
    for block in re.split(r"\n(?=[$#] )", story.strip()):
        line = block.partition("\n")[0]
        told.append(line)
        if line.startswith("$ gitledger "):
            result = cli(*shlex.split(line.removeprefix("$ gitledger ")))
            said = masked(result.stdout + result.stderr, root).rstrip("\n")
            told += [said] if said else []
            told += [f"[exit {result.exit_code}]"] if result.exit_code else []
        elif line.startswith("$ plan "):
            (root / line.removeprefix("$ plan ")).write_text(PLAN)
    return "\n".join(told) + "\n"


PLAN = """---
goal: Exports hold the new state.
files: [store/export.py]
test_commands: [pytest -q]
expected_outputs: [exit 0]
acceptance_criteria:
  - id: ac-0001
    text: An export of a fresh ledger has the field `state`.
todos:
  - id: plan-todo-0001
    text: Write the field in store/export.py.
    validation_hint: Run pytest -q tests/test_export.py.
---
## Goal

Exports hold the new state, so that readers need not guess it.

## Implementation notes

Add the field where the record is made.

## Validation plan

Run pytest -q.
"""


def test_the_story(cli, repo):
    story = STORY.read_text()
    told = replay(story, cli, repo.path)
    if os.environ.get("RENEW_STORY"):  # pragma: no cover
        STORY.write_text(told)
    assert told == story
    assert "itself failed" not in told
    assert len(re.findall(r"^\$ gitledger", story, re.M)) > 50
