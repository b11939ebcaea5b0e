"""The quick start of taskledger 0.2.0's README, run as it is written, with `gitledger` for `taskledger`.

Each line goes to bash as it stands, with the real command on the PATH, the real clock and no ids from a seed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import json
import os
import shlex
import subprocess
import sys

import pytest

from tests.conftest import TIMEOUT_S, Cli

SETUP = "gitledger init"

# Between the template and the upsert, plan.md is filled in: the one step that the README leaves out.
PLANNING = r"""
gitledger task create "Rewrite V2" --slug rewrite-v2 --description "Migrate to the task-first design."
gitledger task activate rewrite-v2 --reason "Start planning"
gitledger plan start
gitledger question add-many --required-for-plan --text $'Should exports include the new state?\nShould snapshots include implementation artifacts?'
gitledger question answer-many --text $'q-0001: Yes.\nq-0002: No.'
gitledger question status
gitledger plan template --from-answers --file ./plan.md
"""

WORK = r"""
gitledger plan upsert --from-answers --file ./plan.md
gitledger plan lint --version 1
gitledger plan accept --version 1 --note "Ready."

gitledger next-action
gitledger --json next-action

gitledger context --for implementation --format markdown
gitledger implement start
gitledger implement checklist
gitledger implement change --path taskledger/storage/task_store.py --kind edit --summary "Normalized v2 markdown storage."
gitledger todo done todo-0001 --evidence "Updated taskledger/storage/task_store.py"
gitledger implement finish --summary "Implemented the approved plan."

gitledger context --for validation --format markdown
gitledger validate start
gitledger validate status
gitledger validate check --criterion ac-0001 --status pass --evidence "pytest -q tests/test_taskledger_v2_cli.py"
gitledger validate finish --result passed --summary "Validated the rewrite."
"""

# "If validation finds an implementation bug, keep the accepted plan and restart implementation explicitly".
FAILURE = r"""
gitledger validate finish --result failed --summary "Parser edge case still fails."
gitledger next-action
gitledger context --for implementation --format markdown
gitledger implement restart --summary "Fix failed validation findings."
"""

JSON_OUTPUT = r"""
gitledger --json status --full
gitledger --json task active
gitledger --json task show
gitledger --json context --for validation --format json
"""

# The README's example of `next-action` while a todo is worked on.
NEXT_ACTION = r"""
{
  "kind": "task_next_action",
  "action": "todo-work",
  "next_command": "gitledger todo show todo-0001",
  "next_item": {
    "kind": "todo",
    "id": "todo-0001",
    "text": "Update next-action JSON payload.",
    "validation_hint": "Run: pytest tests/test_todo_implementation_gate.py -q; Expected: pass",
    "done_command_hint": "gitledger todo done todo-0001 --evidence \"...\""
  },
  "commands": [
    {
      "kind": "inspect",
      "label": "Show next todo",
      "command": "gitledger todo show todo-0001",
      "primary": true
    },
    {
      "kind": "complete",
      "label": "Mark todo done after evidence exists",
      "command": "gitledger todo done todo-0001 --evidence \"...\"",
      "primary": false
    }
  ],
  "progress": {
    "todos": {
      "total": 1,
      "done": 0,
      "open": 1,
      "open_ids": ["todo-0001"]
    }
  },
  "blocking": []
}
"""

PLAN = """\
---
goal: "Exports carry the new state."
files:
  - taskledger/storage/task_store.py
test_commands:
  - "pytest -q tests/test_taskledger_v2_cli.py"
expected_outputs:
  - "pytest exits 0"
acceptance_criteria:
  - id: ac-0001
    text: "An export holds the state of every task."
todos:
  - id: plan-todo-0001
    text: "Update next-action JSON payload."
    validation_hint: "Run: pytest tests/test_todo_implementation_gate.py -q; Expected: pass"
---

Exports hold the new state; snapshots leave artifacts out.
"""

Run = Callable[[str], str]


@pytest.fixture
def run(repo: Any, tmp_path: Path) -> Run:
    """Give a line to bash, in the repository, with `gitledger` on the PATH; gives its standard output, or fails."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "gitledger"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m gitledger "$@"\n')
    script.chmod(0o755)
    environ = Cli.environ({"PATH": os.pathsep.join([str(folder), os.environ["PATH"]])})

    def run_line(line: str) -> str:
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=repo.path,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
        )
        assert done.returncode == 0, f"{line}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        assert done.stderr == "", line
        return done.stdout

    return run_line


def run_all(run: Run, block: str) -> dict[str, str]:
    """Run the lines of a block; gives what each printed."""
    return {line: run(line) for line in block.splitlines() if line}


def test_the_quick_start_as_it_is_written(run, repo):
    run(SETUP)
    run_all(run, PLANNING)
    template = (repo.path / "plan.md").read_text()
    assert "acceptance_criteria:" in template and "q-0001" in template
    repo.write("plan.md", PLAN)
    said = run_all(run, WORK)
    assert json.loads(said["gitledger --json next-action"])["result"]["next_command"] == "gitledger implement start"
    assert "# Implementation Context: Rewrite V2" in said["gitledger context --for implementation --format markdown"]
    for line, output in run_all(run, JSON_OUTPUT).items():
        assert json.loads(output)["ok"], line
    active = json.loads(run("gitledger --json task active"))["result"]
    assert (active["slug"], active["status_stage"]) == ("rewrite-v2", "done")
    # Nothing but the file that `plan template` was asked to write is in the work tree.
    assert repo.git("status", "--short") == "?? plan.md"
    assert len(repo.git("log", "--format=%s", "refs/taskledger/main").splitlines()) == 15


def test_a_failed_validation_is_mended_under_the_same_plan(run, repo):
    run(SETUP)
    run('gitledger task create "First"')
    run('gitledger task create "Parser fix" && gitledger task activate parser-fix && gitledger plan start')
    repo.write("plan.md", PLAN)
    run('gitledger plan upsert --file plan.md && gitledger plan accept --version 1 --note "Ok."')
    run("gitledger implement start")
    # What the README shows of a todo that is worked on.
    assert_holds(json.loads(run("gitledger --json next-action"))["result"], json.loads(NEXT_ACTION))
    todo = json.loads(run("gitledger --json todo next"))["result"]["next_todo_id"]
    run(f'gitledger todo show {todo} && gitledger todo done {todo} --evidence "pytest tests/... passed"')
    run('gitledger implement finish --summary "Done." && gitledger validate start')
    said = run_all(run, FAILURE)
    assert "gitledger implement restart --summary SUMMARY" in said["gitledger next-action"]
    # What has to be mended stands in the context of who mends it.
    assert "Parser edge case still fails." in said["gitledger context --for implementation --format markdown"]
    run('gitledger implement finish --summary "Fixed." && gitledger validate start')
    run('gitledger validate check --criterion 1 --evidence "pytest -q"')
    run('gitledger validate finish --result passed --summary "Ok."')
    shown = json.loads(run("gitledger --json task show"))["result"]
    assert (shown["task"]["id"], shown["task"]["status"]) == ("task-0002", "done")
    assert [(run["run_type"], run["result"]) for run in shown["runs"]] == [
        ("planning", None),
        ("implementation", None),
        ("validation", "failed"),
        ("implementation", None),
        ("validation", "passed"),
    ]
    assert [plan["version"] for plan in shown["plans"]] == [1]


def test_the_other_ways_to_begin(run, repo, cli, tmp_path):
    run(f"cd / && gitledger --root {shlex.quote(str(repo.path))} init")
    refused = cli("init", "--taskledger-dir", "/mnt/cloud/taskledger/my-repo")
    assert refused.exit_code == 2
    assert "refs/taskledger/main" in refused.stderr


def assert_holds(value: Any, example: Any) -> None:
    """`value` has all that the example has; it may have more keys, and more items at the end of a list of objects."""
    if isinstance(example, dict):
        assert isinstance(value, dict)
        for key, item in example.items():
            assert_holds(value[key], item)
    elif isinstance(example, list) and example and isinstance(example[0], dict):
        for item, wanted in zip(value[: len(example)], example, strict=True):
            assert_holds(item, wanted)
    else:
        assert value == example
