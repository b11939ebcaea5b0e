"""A project that ran taskledger 0.2.0 is brought over: by its real commands where the package can be had, and from a project kept here."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import json
import os
import shlex
import shutil
import subprocess
import venv

import pytest

from tests.conftest import Mould
from tests.sync.conftest import Clone, begin_clone

PLAN = """\
---
goal: It parses.
acceptance_criteria:
  - {id: ac-0001, text: It parses.}
  - {id: ac-0002, text: It is fast.}
todos:
  - {id: plan-todo-0001, text: Write it., mandatory: true, validation_hint: pytest -q}
files: [src/parser.py]
test_commands: [pytest -q]
expected_outputs: [exit 0]
---
# Plan

Write the parser. Then test it.
"""

# What was done there, command by command; each has to succeed.
STORY = """\
init
task create "Rewrite the parser" --slug parser --description "In one pass."
task create Second --slug second
task create Third --slug third
task activate parser --reason Start
task edit --add-note "Careful." --add-label core --priority high --owner ada
require add second
require waive second --reason "Not needed." --actor user
intro create "House rules" --text "Be kind."
intro link intro-0001
file add --path src/parser.py --kind code --label main --required-for-validation
link add --url https://example.org/x --label spec
plan start
plan command -- true
question add --text "Which grammar?" --required-for-plan
question add --text "Why?"
question answer q-0001 --text "LL(1)."
question dismiss q-0002
plan upsert --from-answers --file PLAN
plan reject --reason "Too short."
plan revise
plan upsert --from-answers --file PLAN
plan accept --version 2 --note Ready --allow-lint-errors
implement start
implement log --message "Half way."
implement change --path src/parser.py --kind edit --summary "Wrote it."
implement command -- true
implement deviation --message "Another way."
implement artifact --path report.txt --summary "What came of it"
todo done todo-0001 --evidence "pytest -q" --artifact report.txt --change change-0001
todo add --text "One more" --optional
todo done todo-0002 --evidence looked
handoff create --mode implementation --summary "Take over" --next-action "Go on."
implement finish --summary Done
validate start
validate check --criterion ac-0001 --evidence "pytest -q" --name unit --details "12 passed"
validate waive --criterion ac-0002 --reason "Fast enough." --actor user
validate finish --result passed --summary Works --recommendation Ship
release tag 1.0.0 --at-task task-0001 --note First
task follow-up parser "Speed it up" --slug fast
task close --task parser --note Shipped
task cancel --task third --reason "Not wanted."
task record "Old work" --description "Was done." --change README.md:edit:Words --evidence "Looked at it" --label old
task activate second
plan start
"""

# Runs there, in one process, for each of its commands takes most of a second to start.
DRIVER = """\
import json, shlex, sys
from typer.testing import CliRunner
from taskledger.cli import app
for line in open(sys.argv[1]):
    done = CliRunner().invoke(app, shlex.split(line))
    if done.exit_code:
        sys.exit(f"{line}{done.output}{done.exception!r}")
"""


# Why the package cannot be had; it is not tried again for each test.
_unavailable: list[str] = []


def install(folder: Path) -> Path:
    """Its Python, in an environment of its own; skips where the package cannot be had."""
    if _unavailable:
        pytest.skip(_unavailable[0])
    venv.create(folder, with_pip=True, symlinks=os.name != "nt")
    python = folder / "bin" / "python"
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "taskledger==0.2.0"]
    try:
        done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        _unavailable.append("taskledger==0.2.0 could not be installed in two minutes")
    else:
        if done.returncode:
            _unavailable.append(f"taskledger==0.2.0 cannot be installed here: {done.stderr.strip()[-200:]}")
    if _unavailable:
        pytest.skip(_unavailable[0])
    return python


def make_project(path: Path) -> None:
    python = install(path / "environment")
    project = path / "project"
    project.mkdir()
    (path / "environment" / "PLAN").write_text(PLAN)
    (path / "environment" / "story").write_text(STORY.replace("PLAN", shlex.quote(str(path / "environment" / "PLAN"))))
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    words = [str(python), "-c", DRIVER, str(path / "environment" / "story")]
    done = subprocess.run(words, cwd=project, env=environ, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    shutil.rmtree(path / "environment")


@pytest.fixture
def project(mould: Mould, tmp_path: Path) -> Path:
    mould.cast("a project of taskledger", tmp_path, make_project)
    return tmp_path / "project"


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return begin_clone(tmp_path / "a")


def bring(clone: Clone, project: Path, *args: str) -> Any:
    return clone("import", "--from", "taskledger", str(project), *args, "--json").json


def result(clone: Clone, *words: str) -> Any:
    return clone(*words, "--json").json["result"]


def old_events(project: Path) -> list[dict[str, Any]]:
    files = sorted((project / ".taskledger/ledgers/main/events").glob("*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def by_id(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(events, key=lambda event: event["event_id"])


def test_everything_is_brought_over(project, clone):
    answer = bring(clone, project)
    told = answer["result"]
    assert [(task["from_task_id"], task["task_id"]) for task in told["tasks"]] == [(f"task-000{n}", f"task-000{n}") for n in range(1, 6)]
    assert told["counts"] == {
        **{"tasks": 5, "plans": 2, "questions": 2, "todos": 2, "runs": 7, "changes": 3, "checks": 2, "handoffs": 1},
        **{"files": 1, "urls": 1, "dependencies": 1, "comments": 1},
    }
    assert (told["introductions"], told["releases"], told["old_events"]) == (1, 1, len(old_events(project)))
    assert clone.is_whole() and result(clone, "doctor")["healthy"]

    # The task, its plans, questions and todos, by the ids that they had.
    task = result(clone, "task", "show", "parser")["task"]
    assert (task["status"], task["title"], task["body"]) == ("done", "Rewrite the parser", "In one pass.")
    assert (task["priority"], task["owner"], task["labels"], task["closure_note"]) == ("high", "ada", ["core"], "Shipped")
    plans = result(clone, "plan", "list", "parser")["plans"]
    assert [(plan["plan_version"], plan["status"]) for plan in plans] == [(1, "rejected"), (2, "accepted")]
    shown = result(clone, "plan", "show", "--task", "parser", "--version", "2")["plan"]
    assert shown["body"] == "# Plan\n\nWrite the parser. Then test it." and shown["approved_by"]["actor_type"] == "user"
    todos = result(clone, "todo", "list", "parser")["todos"]
    assert [(todo["id"], todo["done"], todo["evidence"]) for todo in todos] == [
        ("todo-0001", True, ["pytest -q"]),
        ("todo-0002", True, ["looked"]),
    ]
    assert (todos[0]["change_refs"], todos[0]["artifact_refs"], todos[0]["source_plan_id"]) == (["change-0001"], ["report.txt"], "plan-v2")
    questions = result(clone, "question", "list", "parser")["questions"]
    assert [(question["id"], question["status"], question["answer"]) for question in questions] == [
        ("q-0001", "answered", "LL(1)."),
        ("q-0002", "dismissed", None),
    ]


def test_runs_and_what_belongs_to_other_nouns(project, clone):
    bring(clone, project)
    run = result(clone, "implement", "show", "--task", "parser")["run"]
    assert (run["run_id"], run["status"], run["deviations_from_plan"]) == ("run-0003", "finished", ["Another way."])
    assert "Half way." in [line["text"] for line in run["worklog"]] and run["artifact_refs"] == ["report.txt: What came of it"]
    assert run["change_refs"] == ["change-0001", "change-0002"]
    run = result(clone, "validate", "show", "--task", "parser")["run"]
    assert (run["run_id"], run["result"], run["recommendation"]) == ("run-0004", "passed", "Ship")
    assert [(check["id"], check["criterion_id"], check["status"]) for check in run["checks"]] == [
        ("check-0001", "ac-0001", "pass"),
        ("check-0002", "ac-0002", "pass"),
    ]
    assert run["checks"][1]["waiver"]["reason"] == "Fast enough."

    [needed] = result(clone, "require", "list", "parser")["requirements"]
    assert needed["required_task_id"] == "task-0002" and needed["waiver"]["reason"] == "Not needed."
    [release] = result(clone, "release", "list")["releases"]
    assert (release["version"], release["boundary_task_id"], release["note"]) == ("1.0.0", "task-0001", "First")
    assert result(clone, "intro", "show", "house-rules")["body"].strip() == "Be kind."
    assert "Be kind." in clone("context", "--task", "parser").stdout
    assert {(link["path"], link["required_for_validation"]) for link in result(clone, "file", "list", "--task", "parser")["file_links"]} == {
        ("src/parser.py", True),
        ("https://example.org/x", False),
    }
    handoff = (project / ".taskledger/ledgers/main/tasks/task-0001/handoffs/handoff-0001.md").read_text().split("\n---\n", 1)[1]
    assert handoff.strip() in clone("handoff", "show", "handoff-0001", "--task", "parser", "--format", "markdown").stdout
    follow_up = result(clone, "task", "show", "fast")["task"]
    assert (follow_up["parent_task_id"], follow_up["status"]) == ("task-0001", "draft")
    recorded = result(clone, "task", "show", "old-work")["task"]
    assert (recorded["task_type"], recorded["status"]) == ("recorded", "done")


def test_times_events_and_files_are_as_they_were(project, clone):
    bring(clone, project)
    events = old_events(project)
    for number, slug in enumerate(("parser", "second", "third", "fast", "old-work"), 1):
        items = result(clone, "task", "events", slug, "--limit", "0")["items"]
        kept = [item["data"] for item in items if item["event"] == "x.taskledger.event"]
        assert by_id(kept) == by_id(event for event in events if event["task_id"] == f"task-000{number}")
        folder = project / ".taskledger/ledgers/main/tasks" / f"task-000{number}"
        files = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
        assert {name: text for item in items for name, text in item["data"].get("files", {}).items()} == files
        front = dict(line.split(": ", 1) for line in files["task.md"].splitlines() if line.startswith(("created_at", "updated_at")))
        task = result(clone, "task", "show", slug)["task"]
        for name, text in front.items():
            assert task[name][:26] == text.strip("'")[:26]


def test_work_goes_on_where_it_was(project, clone):
    """A run that was under way is taken up again, whether its lock came along or not."""
    answer = bring(clone, project)
    assert "Locks were not brought over: task-0002" in " ".join(answer["warnings"])
    assert result(clone, "task", "show", "second")["task"]["status"] == "planning"
    assert result(clone, "claims")["claims"] == []
    clone("plan", "start", "--task", "second")
    clone("plan", "propose", "--task", "second", "--criterion", "It works.", "--text", "# Plan\n\nDo it.")
    assert [run["run_id"] for run in result(clone, "task", "show", "second")["runs"]] == ["run-0001"]
    assert clone.create("Next") and "task-0006" in clone.numbers().values()


def test_a_lock_comes_along_on_request(project, clone):
    bring(clone, project, "--lock-policy", "keep")
    [claim] = result(clone, "claims")["claims"]
    assert (claim["task_id"], claim["stage"], claim["run_id"]) == ("task-0002", "planning", "run-0001")
    assert clone.is_whole()


def test_importing_again_adds_what_is_new_and_changes_nothing_else(project, clone, tmp_path):
    bring(clone, project)
    clone("comment", "add", "From here.", "--task", "parser")
    tip = clone.tip()
    again = bring(clone, project)["result"]
    assert (again["changed"], clone.tip()) == (False, tip) and {task["outcome"] for task in again["tasks"]} == {"unchanged"}
    # Another clone gives the same tasks the same uids, so that both are one after a merge.
    other = begin_clone(tmp_path / "b")
    told = bring(other, project)["result"]
    assert [task["uid"] for task in told["tasks"]] == [task["uid"] for task in again["tasks"]]


def test_a_dry_run_says_what_would_come_and_writes_nothing(project, clone):
    told = bring(clone, project, "--dry-run")["result"]
    assert (told["dry_run"], told["changed"], clone.refs()) == (True, False, "")
    real = bring(clone, project)["result"]
    assert {**told, "dry_run": False, "changed": True} == real


def test_numbers_that_are_taken_give_way(project, clone):
    clone("init")
    clone.create("Mine")
    told = bring(clone, project)["result"]
    moved = [(task["from_task_id"], task["task_id"]) for task in told["tasks"] if task["renumbered"]]
    assert moved == [("task-0001", "task-0006")]
    assert len(set(clone.numbers().values())) == 6 and clone.is_whole()


# ---------------------------------------------------------------------------------------------- without the package


def write_project(folder: Path, **files: str) -> Path:
    """A project by hand; a name stands for a file below its ledger."""
    home = folder / ".taskledger/ledgers/main"
    home.mkdir(parents=True)
    (folder / "taskledger.toml").write_text('taskledger_dir = ".taskledger"\nproject_uuid = "u"\nledger_ref = "main"\n')
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


TASK = "---\nid: task-0001\nslug: one\ntitle: One\nstatus_stage: draft\n---\nText.\n"


@pytest.mark.parametrize(
    "files, said",
    [
        ({"tasks/task-0001/task.md": "no front matter"}, "does not begin with front matter"),
        ({"tasks/task-0001/task.md": "---\nid: task-0001\n"}, "has no end"),
        ({"tasks/task-0001/task.md": "---\nid: task-0001\nslug: one\n---\n"}, "title"),
        ({"tasks/task-0001/task.md": TASK.replace("slug: one", "slug: [1]")}, "slug"),
        ({"tasks/task-0001/task.md": "---\n<<<<<<< HEAD\nid: task-0001\n---\n"}, "line 3"),
        ({"tasks/task-0001/task.md": TASK, "events/2026-01-01.ndjson": "{"}, "line 1"),
        ({"tasks/task-0001/task.md": TASK, "tasks/task-0001/plans/plan-v1.md": "---\nplan_id: plan-v1\n---\n"}, "plan_version"),
    ],
)
def test_a_file_that_is_damaged_is_named(clone, tmp_path, files, said):
    error = clone.fails("import", "--from", "taskledger", str(write_project(tmp_path / "p", **files)))
    assert error["exit_code"] == 2 and said in error["message"], error
    assert clone.refs() == ""


def test_what_is_no_project(clone, tmp_path):
    assert clone.fails("import", "--from", "taskledger", str(tmp_path))["exit_code"] == 5
    assert clone.fails("import", "--from", "taskledger", str(tmp_path / "none"))["exit_code"] == 5
    project = write_project(tmp_path / "p")
    (project / "taskledger.toml").write_text("ledger_ref = [")
    assert clone.fails("import", "--from", "taskledger", str(project))["exit_code"] == 2


def test_odd_things_are_kept(clone, tmp_path):
    """A link out of the project is not read; fractions are kept as text; a task that is gone leaves its events."""
    events = [
        {"event_id": "e1", "ts": "2026-01-01T00:00:00+00:00", "event": "task.updated", "task_id": "task-0001", "data": {"s": 1.5}},
        {"event_id": "e2", "ts": "never", "event": "repair.index", "task_id": "*", "data": {}},
        {"event_id": "e3", "ts": "2999-01-01T00:00:00+00:00", "event": "task.updated", "task_id": "task-0009", "data": {}},
    ]
    lines = "".join(json.dumps(event) + "\n" for event in events)
    project = write_project(tmp_path / "p", **{"tasks/task-0001/task.md": TASK, "events/2026-01-01.ndjson": lines})
    folder = project / ".taskledger/ledgers/main/tasks/task-0001"
    (folder / "artifacts").mkdir()
    (folder / "artifacts/secret.txt").symlink_to("/etc/hostname")
    (folder / "artifacts/log.bin").write_bytes(b"\xff\xfe")
    (project / ".taskledger/ledgers/other").mkdir()
    answer = bring(clone, project)
    assert "other ledgers" in answer["warnings"][0] and answer["result"]["old_events"] == 3
    items = result(clone, "task", "events", "one", "--limit", "0")["items"]
    assert items[0]["data"]["data"] == {"s": "1.5"}
    assert [list(item["data"]["files"]) for item in items if "files" in item["data"]] == [["task.md"]]
    in_book = [item for item in result(clone, "task", "events", "--all", "--limit", "0")["items"] if item["task_id"] is None]
    assert {item["data"].get("event_id") for item in in_book} >= {"e2", "e3"}
    assert clone.is_whole() and bring(clone, project)["result"]["changed"] is False
