"""The table of docs/explanation/merging.md, row by row: what it says is what a merge makes of it, whichever side is later."""

from pathlib import Path

import re

import pytest

from gitledger.model import fold
from gitledger.model.events import (
    CheckRecorded,
    ClaimTaken,
    CommentAdded,
    DependencyAdded,
    DependencyRemoved,
    EvidenceRecorded,
    Fields,
    NoteRemoved,
    NoteSet,
    PlanApproved,
    PlanProposed,
    PlanRejected,
    QuestionAdded,
    QuestionAnswered,
    RunFinished,
    RunStarted,
    TaskArchived,
    TaskCancelled,
    TaskDeleted,
    TaskEdited,
    TaskHeld,
    TaskMoved,
    TaskRenumbered,
    TaskUnarchived,
    TodoAdded,
    TodoDone,
    TodoRemoved,
    TodoUndone,
)
from gitledger.ops._base import on
from tests.property.play import History
from tests.property.repositories import Tell, Workshop

PAGE = Path(__file__).parents[2] / "docs/explanation/merging.md"
TASKS = {"X": "aaaaaaaa-0000-4000-a000-000000000001", "Y": "bbbbbbbb-0000-4000-a000-000000000002"}


def table():
    """The rows under the heading `The table`."""
    section = PAGE.read_text().partition("## The table")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


# ---------------------------------------------------------------------------------------------- the notation


def _accept(task, plan):
    found = task.plans[int(plan) - 1]
    return PlanApproved(plan=found.id, version=found.version, digest="d", note="", approver="user", via="accept")


def _on(kind, task, X, at="done"):
    return DependencyAdded(on=TASKS[X], unblock_at=at) if kind == "depend" else DependencyRemoved(on=TASKS[X])


def _todo(task, what, side):
    todo = task.todos[0].id
    return {
        "done": TodoDone(todo=todo, evidence=[side]),
        "undone": TodoUndone(todo=todo),
        "remove": TodoRemoved(todo=todo),
        "add": TodoAdded(number=len(task.todos) + 1, text=side, source="user"),
    }[what]


# What a word in a cell records: (task, words after it, which side).
WRITES = {
    "title": lambda task, words, side: TaskEdited(fields=Fields(title=words[0])),
    "priority": lambda task, words, side: TaskEdited(fields=Fields(priority=words[0])),
    "description": lambda task, words, side: TaskEdited(fields=Fields(description=words[0])),
    "label": lambda task, words, side: (
        TaskEdited(add_labels=[words[0][1]]) if words[0][0] == "+" else TaskEdited(remove_labels=[words[0][1]])
    ),
    "todo": lambda task, words, side: _todo(task, words[0], side),
    "accept": lambda task, words, side: _accept(task, words[0]),
    "reject": lambda task, words, side: PlanRejected(plan=task.plans[int(words[0]) - 1].id, version=int(words[0])),
    "propose": lambda task, words, side: PlanProposed(version=len(task.plans) + 1, digest="d"),
    "answer": lambda task, words, side: QuestionAnswered(question=task.questions[0].id, text=words[0]),
    "cancel": lambda task, words, side: TaskCancelled(previous=task.status),
    "finish": lambda task, words, side: RunFinished(run=task.runs[0].id, result="finished", status="implemented"),
    "fail": lambda task, words, side: RunFinished(run=task.runs[0].id, result="failed", status="failed_validation"),
    "start": lambda task, words, side: RunStarted(number=2, kind="implementation", status="implementing"),
    "claim": lambda task, words, side: ClaimTaken(lease_s=60),
    "hold": lambda task, words, side: TaskHeld(reason=words[0], previous=task.status),
    "archive": lambda task, words, side: TaskArchived(),
    "unarchive": lambda task, words, side: TaskUnarchived(),
    "delete": lambda task, words, side: TaskDeleted(reason="r"),
    "depend": lambda task, words, side: _on("depend", task, *words),
    "undepend": lambda task, words, side: _on("undepend", task, *words),
    "renumber": lambda task, words, side: TaskRenumbered(number=int(words[0]), previous=task.number),
    "move": lambda task, words, side: TaskMoved(parent=TASKS[words[0]]),
    "comment": lambda task, words, side: CommentAdded(number=1, text=side),
    "note": lambda task, words, side: NoteSet(key=words[0], body=words[1]),
    "unnote": lambda task, words, side: NoteRemoved(key=words[0]),
    "check": lambda task, words, side: CheckRecorded(
        number=1, run=task.runs[0].id, plan=task.plans[0].id, criterion="ac-0001", status="pass"
    ),
    "evidence": lambda task, words, side: EvidenceRecorded(number=1, kind="test", summary=side),
}


def _ids(items):
    return [item.id for item in items]


# What a field named in the third column is in the record; a list where both sides may have a part in it.
READS = {
    "title": lambda task, texts: task.title,
    "priority": lambda task, texts: task.priority,
    "description": lambda task, texts: texts["task.md"].partition("\n\n")[2],
    "labels": lambda task, texts: task.labels,
    "todo": lambda task, texts: task.todos[0].status,
    "evidence": lambda task, texts: task.todos[0].evidence,
    "removed": lambda task, texts: task.todos[0].removed,
    "todos": lambda task, texts: _ids(task.todos),
    "accepted plan": lambda task, texts: task.accepted_plan,
    "plan in force": lambda task, texts: task.current_plan() and task.current_plan().id,
    "plan 1": lambda task, texts: task.plans[0].status,
    "plans": lambda task, texts: _ids(task.plans),
    "answer": lambda task, texts: task.questions[0].answer,
    "status": lambda task, texts: task.status,
    "run": lambda task, texts: task.runs[0].status,
    "runs": lambda task, texts: _ids(task.runs),
    "claims": lambda task, texts: _ids(task.claims),
    "hold": lambda task, texts: task.hold and task.hold.reason,
    "archived": lambda task, texts: task.archived_at is not None,
    "deleted": lambda task, texts: task.deleted_at is not None,
    "dependencies": lambda task, texts: [(one.on, one.unblock_at) for one in task.dependencies],
    "number": lambda task, texts: task.number,
    "numbers held": lambda task, texts: [task.number, *task.former_numbers],
    "parent": lambda task, texts: task.parent,
    "comments": lambda task, texts: _ids(task.comments),
    "notes": lambda task, texts: [(note.key, texts[note.file]) for note in task.notes],
    "checks": lambda task, texts: _ids(task.checks),
    "proof": lambda task, texts: _ids(task.evidence),
}


# ---------------------------------------------------------------------------------------------- the test


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One task with a plan twice proposed, a todo, a question and a run, in two clones."""
    made = Workshop(tmp_path_factory.mktemp("table"), 2)
    made.begin(History(steps=[], skews=(0, 0)))
    made.uid = next(iter(made.event_sets(made.tip(0, "main")).values()))[0].task
    for payload in (
        PlanProposed(version=1, digest="d"),
        PlanProposed(version=2, digest="d"),
        TodoAdded(number=1, text="t", source="user"),
        QuestionAdded(number=1, text="?"),
        RunStarted(number=1, kind="implementation", status="implementing"),
    ):
        write(made, 0, lambda task, payload=payload: [payload])
    made.take(1, "main", made.tip(0, "main"))
    made.base = made.tip(0, "main")
    return made


def write(place, who, payloads):
    place.run(who, "main", Tell(steps=lambda world: [on(place.uid, one) for one in payloads(world.task(place.uid))]))


def read(place, tip):
    (events,) = [events for events in place.event_sets(tip).values() if events[0].task == place.uid]
    state = fold.fold(events)
    return state.task, {name: text or "" for name, text in state.texts.items()}, events


def record(place, who, cell, side, *, later):
    """Record what a cell says as that replica; `later` raises its clock first, by a custom event that changes nothing."""
    words = re.fullmatch(r"`([^`]+)`", cell)[1].split()

    def payloads(task):
        pad = [EvidenceRecorded(number=9, kind="pad")] * (3 if later else 0)
        return [*pad, WRITES[words[0]](task, words[1:], side)]

    write(place, who, payloads)


@pytest.mark.parametrize("is_one_later", [False, True], ids=["other side later", "one side later"])
@pytest.mark.parametrize("row", table(), ids=lambda row: f"{row[0]} {row[1]}".replace("`", ""))
def test_the_row_holds(place, row, is_one_later):
    one_cell, other_cell, holds, conflicts = row
    for who in range(2):
        reset(place, who)
    prepare(place, other_cell)
    record(place, 0, one_cell, "one", later=is_one_later)
    record(place, 1, other_cell, "other", later=not is_one_later)
    tips = [place.tip(who, "main") for who in range(2)]
    merged = place.merge(*tips)
    assert merged.kind == "merge"
    one, other = (read(place, tip)[:2] for tip in tips)
    both, texts, events = read(place, merged.tip)
    last = max((event for event in events if event.data is not None), key=lambda event: event.order)
    assert last.id in [event.id for event in read(place, tips[0 if is_one_later else 1])[2]]

    claims = re.findall(r"`([^`]+)`: (later|both agree|both|one side|other side|none)", holds)
    assert claims, "the third column says nothing that can be tested"
    for field, whose in claims:
        found, ones, others = (READS[field](*side) for side in ((both, texts), one, other))
        wanted = {"later": ones if is_one_later else others, "one side": ones, "other side": others, "none": None}
        if whose == "both":
            assert len(set(found)) == len(found) and set(found) == {*ones, *others}, field
            assert set(ones) != set(others) or field == "evidence", f"{field}: the sides do not differ"
        elif whose == "both agree":
            assert found == ones == others, field
        else:
            assert found == wanted[whose], field
            assert whose == "none" or ones != others, f"{field}: the sides do not differ"

    listed = {conflict.field.split(" ")[0] for conflict in both.conflicts}
    always, _, sometimes = conflicts.partition(";")
    assert conflicts == "no" or always.startswith("yes, ")
    said, more = (set(re.findall(r"`([^`]+)`", part)) for part in (always, sometimes))
    assert said <= listed <= said | more


def reset(place, who):
    """Bring a replica back to the common beginning."""
    place.ledgers[who, "main"].repo.pg.references.create("refs/taskledger/main", place.base, force=True)


def prepare(place, cell):
    """What the other side takes away is there to begin with."""
    word = cell.strip("`").split()[0]
    begun = {"unarchive": "`archive`", "undepend": "`depend X`", "unnote": "`note prd Z`"}.get(word)
    if cell == "`label -x`":
        begun = "`label +x`"
    if begun is not None:
        record(place, 0, begun, "before", later=False)
        place.take(1, "main", place.tip(0, "main"))


def test_the_table_names_what_the_issue_asks_for():
    rows = {(row[0].strip("`").split()[0], row[1].strip("`").split()[0]) for row in table()}
    assert {("todo", "todo"), ("accept", "accept"), ("cancel", "finish"), ("title", "title"), ("claim", "claim")} <= rows
    assert {("title", "archive"), ("delete", "title"), ("label", "label"), ("depend", "depend")} <= rows
    assert {("renumber", "renumber"), ("propose", "propose"), ("comment", "comment")} <= rows
