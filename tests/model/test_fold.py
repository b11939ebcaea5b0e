"""The fold is total, deterministic and independent of order; an incremental fold equals a whole one, byte for byte."""

from collections.abc import Iterable
from random import Random
from typing import Any

import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gitledger.model import codec, fold
from gitledger.model.codec import Event
from gitledger.model.events import (
    PAYLOADS,
    ClaimBroken,
    ClaimReleased,
    ClaimTaken,
    CommentAdded,
    CommitLinked,
    CommitUnlinked,
    DependencyAdded,
    DependencyRemoved,
    DependencyWaived,
    Fields,
    LedgerClosed,
    LedgerCreated,
    LedgerForked,
    LedgerReopened,
    NoteRemoved,
    NoteSet,
    PlanApproved,
    PlanProposed,
    PlanRejected,
    QuestionAdded,
    QuestionAnswered,
    QuestionDismissed,
    RunFinished,
    RunLogged,
    RunResumed,
    RunStarted,
    TaskArchived,
    TaskCancelled,
    TaskCreated,
    TaskDeleted,
    TaskEdited,
    TaskHeld,
    TaskImported,
    TaskMoved,
    TaskRenumbered,
    TaskResumed,
    TaskUnarchived,
    TodoAdded,
    TodoDone,
    TodoEdited,
    TodoRemoved,
    TodoUndone,
    WorkspaceRemoved,
    WorkspaceSet,
)
from gitledger.model.task import Task
from tests.model.histories import (
    ADA,
    BOB,
    BOOK_TYPES,
    EVE,
    OTHER_UID,
    START,
    TASK_TYPES,
    UID,
    Pen,
    closure,
    graphs,
    lines,
    random_payload,
)

DERIVED = re.compile(r"task\.(json|md)|(plans|notes|handoffs)/[a-z0-9_%-]{1,140}\.md")


def begun() -> Pen:
    """A pen that has written one `task.created`."""
    pen = Pen()
    pen.write(TaskCreated(number=1, slug="one", title="One", description="What it is about."))
    return pen


def folded(pen: Pen) -> Task:
    return fold.fold(pen.events).task


def files_of(events: Iterable[Event]) -> dict[str, bytes]:
    return standing(fold.files(fold.fold(events)))


def standing(files: dict[str, bytes | None]) -> dict[str, bytes]:
    return {name: data for name, data in files.items() if data is not None}


def forged(type_name: str, data: Any, *, clock: int = 1, after: Iterable[str] = (), version: int = 1) -> Event:
    """An event as another program may have written it."""
    envelope = {
        "v": version,
        "task": UID,
        "clock": clock,
        "after": list(after),
        "nonce": "00000000",
        "at": START,
        "op": "forged",
        "actor": {"type": "agent", "name": "mallory"},
        "type": type_name,
        "data": data,
    }
    return codec.decode(json.dumps(envelope).encode())


# ---------------------------------------------------------------------------------------------- properties


@given(graphs(), st.randoms(use_true_random=False))
def test_order_and_duplicates_make_no_difference(events, random):
    shuffled = [*events, *random.choices(events, k=3)]
    random.shuffle(shuffled)
    assert files_of(shuffled) == files_of(events)


@given(graphs())
def test_whole_fold_names_only_derived_files_and_can_be_read_back(events):
    files = fold.files(fold.fold(events))
    assert all(DERIVED.fullmatch(name) for name in files)
    record = codec.decode_task(files["task.json"])
    assert codec.encode_record(record) == files["task.json"]
    assert record.uid == UID
    assert (record.heads, record.clock) == (_heads(events), max(event.clock for event in events))


def _heads(events: list[Event]) -> list[str]:
    named = {earlier for event in events for earlier in event.after}
    return sorted(event.id for event in events if event.id not in named)


@given(lines())
def test_incremental_fold_over_a_line_equals_the_whole(events):
    assert incremental([], events) == files_of(events)


@given(graphs(), st.lists(st.tuples(st.sampled_from(TASK_TYPES), st.integers(0, 1 << 16)), min_size=1, max_size=6))
def test_incremental_fold_after_a_merge_equals_the_whole(merged, steps):
    pen = Pen()
    pen.events = list(merged)
    for type_name, seed in steps:
        pen.write(random_payload(type_name, Random(seed), pen.events))
    assert incremental(merged, pen.events[len(merged) :]) == files_of(pen.events)


def incremental(known: list[Event], more: list[Event]) -> dict[str, bytes]:
    """The files after folding `known` at once and then `more` one by one, each from the files on disk."""
    disk = files_of(known) if known else {}
    for event in more:
        record = codec.decode_task(disk["task.json"]) if disk else None
        state = fold.extend(fold.start(UID, record, lambda name: _read(disk, name)), event)
        disk = standing(disk | fold.files(state))
    return disk


def _read(disk: dict[str, bytes], name: str) -> str | None:
    return disk[name].decode() if name in disk else None


@given(graphs(), st.integers(0, 1 << 16), st.sampled_from(TASK_TYPES))
def test_a_folded_state_can_be_extended(merged, seed, type_name):
    state = fold.fold(merged)
    pen = Pen()
    pen.events = list(merged)
    event = pen.write(random_payload(type_name, Random(seed), merged))
    assert standing(fold.files(fold.extend(state, event))) == files_of(pen.events)


def test_start_does_not_change_the_record_it_is_given():
    pen = begun()
    record = folded(pen)
    before = codec.encode_record(record)
    fold.extend(fold.start(UID, record), pen.write(TodoAdded(number=1, text="t", source="user")))
    assert codec.encode_record(record) == before


def test_nothing_folds_to_an_empty_record():
    assert files_of([]) == {"task.json": b'{\n  "uid": "",\n  "number": 0,\n  "slug": "",\n  "title": ""\n}\n'}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def forgeries(draw):
    """An event of a known or an unknown type whose data is partly right, partly garbage."""
    type_name = draw(st.sampled_from([*PAYLOADS, "x.deploy", "later.made", ""]))
    data: Any = draw(json_values)
    if type_name in PAYLOADS and draw(st.booleans()):
        payload = random_payload(type_name, Random(draw(st.integers(0, 99))))
        data = json.loads(codec.json.encode(payload))
        for name in draw(st.lists(st.sampled_from(PAYLOADS[type_name].__struct_fields__), max_size=2)):
            data[name] = draw(json_values)
    known = [f"{index:020x}" for index in range(3)]
    return forged(
        type_name,
        data,
        clock=draw(st.integers(1, 4) | st.just(codec.MAX_INTEGER - 1)),
        after=draw(st.lists(st.sampled_from(known), max_size=2)),
        version=draw(st.sampled_from([1, 1, 1, 2, 0, 99])),
    )


@given(graphs(max_size=6), st.lists(forgeries(), min_size=1, max_size=5), st.randoms(use_true_random=False))
@example([], [forged("task.edited", {"properties": {"a": 1 << 60}})], Random(0))
@example([], [forged("task.edited", {"properties": {"a": 0.5}})], Random(0))
@example([], [forged("plan.proposed", {"version": 10**300, "digest": ""})], Random(0))
def test_garbage_never_stops_the_fold(events, forged_events, random):
    everything = [*events, *forged_events]
    files = files_of(everything)
    random.shuffle(everything)
    assert files_of(everything) == files
    assert all(DERIVED.fullmatch(name) for name in files)
    assert codec.encode_record(codec.decode_task(files["task.json"])) == files["task.json"]


@pytest.mark.parametrize("depth", [30, 100, 300, *range(900, 1000, 3), 20_000])
def test_deep_nesting_never_stops_the_fold(depth):
    raw = forged("task.edited", {"properties": {"deep": "HERE"}}).raw
    raw = raw.replace(b'"HERE"', b"[" * depth + b"]" * depth)
    try:
        event = codec.decode(raw)
    except codec.CorruptEvent:
        assert depth > 32
        return
    properties = fold.fold([event]).task.properties
    assert fold.start(UID, fold.fold([event]).task).task.properties == properties
    assert bool(properties) == (depth <= 32)


@given(graphs(max_size=8), graphs(max_size=3))
def test_events_of_other_versions_change_nothing_but_the_bookkeeping(events, others):
    strangers = []
    for place, event in enumerate(others):
        version, name = ((1, "x.custom"), (1, "later.made"), (2, event.type))[place % 3]
        strangers.append(forged(name, json.loads(event.raw)["data"], clock=place + 1, version=version))
    known = fold.fold(events).task
    mixed = fold.fold([*events, *strangers]).task
    assert mixed.unknown == sorted({event.type for event in strangers})
    assert mixed.clock == max(known.clock, len(strangers))
    assert mixed.heads == sorted([*known.heads, *(event.id for event in strangers)])
    # They are news of the task (which an import that comes later takes back).
    assert mixed.updated_at in (known.updated_at, max(known.updated_at, START))
    for record in (known, mixed):
        record.unknown, record.clock, record.heads, record.updated_at = [], 0, [], ""
    assert codec.encode_record(mixed) == codec.encode_record(known)


def test_custom_events_do_not_count_as_unknown_to_a_writer():
    pen = begun()
    state = fold.fold([*pen.events, forged("x.deploy", {"to": "prod"}, clock=2)])
    assert (state.task.unknown, state.unknown) == (["x.deploy"], [])
    state = fold.fold([*pen.events, forged("later.made", {}, clock=2)])
    assert (state.task.unknown, state.unknown) == (["later.made"], ["later.made"])


@pytest.mark.parametrize("type_name", TASK_TYPES)
def test_no_single_event_stops_the_fold(type_name):
    for seed in range(20):
        pen = Pen()
        pen.write(random_payload(type_name, Random(seed)))
        assert folded(pen).clock == 1


# ---------------------------------------------------------------------------------------------- conflicts

EDITS = ("priority", "owner")


@given(graphs(max_size=16, step=st.tuples(st.just("task.edited"), st.integers(0, 40))))
def test_conflicts_are_the_latest_settings_that_did_not_see_one_another(events):
    """Against the definition: of all that set a field, those that no other setter has seen; a conflict if they differ."""
    events = sorted(events, key=lambda event: event.order)
    record = fold.fold(events).task
    listed = {conflict.field: conflict.events for conflict in record.conflicts}
    for field in EDITS:
        setters = [event for event in events if field in _settings(event)]
        seen = {other.id for event in setters for other in closure([event], events) if other is not event}
        last = [event for event in setters if event.id not in seen]
        values = [_settings(event)[field] for event in last]
        differ = any(value != values[-1] for value in values)
        assert listed.get(field) == ([event.id for event in last] if differ else None)
        assert getattr(record, field) == (_settings(setters[-1])[field] if setters else None)


def _settings(event: Event) -> dict[str, Any]:
    data = json.loads(event.raw)["data"].get("fields", {})
    return data if event.type in ("task.edited", "task.created") else {}


def edit(**fields: Any) -> TaskEdited:
    return TaskEdited(fields=Fields(**fields))


def test_concurrent_settings_are_a_conflict_until_somebody_who_saw_both_settles_it():
    pen = begun()
    base = list(pen.events)
    low = pen.write(edit(priority="low"), seen=base)
    high = pen.write(edit(priority="high"), seen=base, by=BOB)
    last = max(low, high, key=lambda event: event.order)
    record = folded(pen)
    assert record.priority == ("low" if last is low else "high")
    assert [(conflict.field, conflict.events) for conflict in record.conflicts] == [
        ("priority", [event.id for event in sorted((low, high), key=lambda event: event.order)])
    ]
    pen.write(CommentAdded(number=1, text="I saw both and left it."))
    assert [conflict.field for conflict in folded(pen).conflicts] == ["priority"]
    pen.write(edit(priority="medium"))
    assert (folded(pen).priority, folded(pen).conflicts) == ("medium", [])


def test_a_higher_clock_holds_whatever_the_wall_clock_says():
    pen = begun()
    base = list(pen.events)
    pen.write(CommentAdded(number=1, text="more"), seen=base)
    later = pen.write(edit(owner="later"), seen=pen.events, at="2001-01-01T00:00:00.000000Z")
    earlier = pen.write(edit(owner="earlier"), seen=base, at="2031-01-01T00:00:00.000000Z")
    assert later.order > earlier.order
    assert folded(pen).owner == "later"
    assert folded(pen).conflicts[0].events == [earlier.id, later.id]


def test_who_saw_only_one_side_settles_nothing():
    pen = begun()
    base = list(pen.events)
    one = pen.write(edit(owner="one"), seen=base)
    two = pen.write(edit(owner="two"), seen=base)
    three = pen.write(edit(owner="three"), seen=[one])
    assert folded(pen).owner == "three"
    assert folded(pen).conflicts[0].events == [two.id, three.id]


def test_equal_values_and_different_fields_are_no_conflict():
    pen = begun()
    base = list(pen.events)
    pen.write(edit(owner="same", priority="low"), seen=base)
    pen.write(edit(owner="same", milestone="m1"), seen=base)
    assert folded(pen).conflicts == []
    assert (folded(pen).owner, folded(pen).priority, folded(pen).milestone) == ("same", "low", "m1")


def plan(version: int, **fields: Any) -> PlanProposed:
    return PlanProposed(version=version, digest=f"sha256:{version}", **fields)


def approve(event: Event, version: int) -> PlanApproved:
    return PlanApproved(plan=event.id, version=version, digest=f"sha256:{version}", note="ok", approver="user", via="accept")


def test_two_concurrent_acceptances_of_different_plans_wait_for_a_person():
    pen = begun()
    first, second = pen.write(plan(1)), pen.write(plan(2))
    base = list(pen.events)
    pen.write(approve(first, 1), seen=base)
    pen.write(approve(second, 2), seen=base, by=BOB)
    record = folded(pen)
    assert record.current_plan() is None
    assert record.accepted_plan in (first.id, second.id)
    assert "accepted_plan" in [conflict.field for conflict in record.conflicts]
    pen.write(RunStarted(number=1, kind="implementation", status="implementing"))
    assert folded(pen).current_plan() is None
    pen.write(approve(first, 1))
    settled = folded(pen)
    assert settled.current_plan().id == first.id
    assert [plan.status for plan in settled.plans] == ["accepted", "superseded"]
    assert settled.conflicts == []


def test_two_concurrent_acceptances_of_one_plan_agree():
    pen = begun()
    first = pen.write(plan(1))
    base = list(pen.events)
    pen.write(approve(first, 1), seen=base)
    pen.write(approve(first, 1), seen=base, by=BOB)
    assert folded(pen).current_plan().id == first.id
    assert folded(pen).conflicts == []


def test_a_stale_cancel_sets_the_status_and_loses_nothing_else():
    pen = begun()
    base = list(pen.events)
    run = pen.write(RunStarted(number=1, kind="implementation", status="implementing"), seen=base)
    work = [run]
    for number in range(1, 11):
        todo = pen.write(TodoAdded(number=number, text=f"step {number}", source="user"), seen=work)
        work.append(todo)
        work.append(pen.write(TodoDone(todo=todo.id, evidence=[f"proof {number}"]), seen=work))
    work.append(pen.write(RunFinished(run=run.id, result="finished", status="implemented"), seen=work))
    pen.write(TaskCancelled(previous="draft", reason="no longer needed"), seen=base, by=BOB)
    record = folded(pen)
    assert record.status == "implemented"
    assert "status" in [conflict.field for conflict in record.conflicts]
    assert [todo.evidence for todo in record.todos] == [[f"proof {number}"] for number in range(1, 11)]
    assert record.runs[0].result is None and record.runs[0].status == "finished"


def test_the_last_status_event_holds_even_if_it_is_the_cancel():
    pen = begun()
    base = list(pen.events)
    todo = pen.write(TodoAdded(number=1, text="step", source="user"), seen=base)
    pen.write(RunStarted(number=1, kind="implementation", status="implementing"), seen=[todo])
    pen.write(TodoDone(todo=todo.id, evidence=["proof"]), seen=pen.events)
    pen.write(TaskCancelled(previous="draft"), seen=base, clock=9)
    record = folded(pen)
    assert record.status == "cancelled"
    assert record.todos[0].is_done and record.runs[0].status == "running"


@pytest.mark.parametrize(
    ("field", "one", "two"),
    [
        ("hold", TaskHeld(reason="a", previous="draft"), TaskHeld(reason="b", previous="draft")),
        ("parent", TaskMoved(parent=UID), TaskMoved(parent=OTHER_UID)),
        ("number", TaskRenumbered(number=5, previous=1), TaskRenumbered(number=6, previous=1)),
        ("archived_at", TaskArchived(), TaskUnarchived()),
        ("note prd", NoteSet(key="prd", body="a"), NoteSet(key="prd", body="b")),
        ("note prd", NoteSet(key="prd", body="a"), NoteSet(key="prd", body="a", role="work")),
        (
            f"dependency blocks {OTHER_UID}",
            DependencyAdded(on=OTHER_UID, unblock_at="done"),
            DependencyAdded(on=OTHER_UID, unblock_at="review"),
        ),
        ("description", edit(description="a"), edit(description="b")),
        ("title", edit(title="a"), edit(title="b")),
        ("priority", TaskImported(record={"number": 1, "slug": "s", "title": "One", "priority": "low"}), edit(priority="high")),
        ("description", TaskImported(record={"number": 1, "slug": "s", "title": "One"}), edit(description="b")),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_can_disagree(field, one, two):
    for first, second in ((one, two), (two, one)):
        pen = begun()
        base = list(pen.events)
        pen.write(first, seen=base)
        pen.write(second, seen=base)
        assert field in [conflict.field for conflict in folded(pen).conflicts]
        pen.write(second)
        assert field not in [conflict.field for conflict in folded(pen).conflicts]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (TaskArchived(reason="a"), TaskArchived(reason="b")),
        (TaskImported(record={"number": 1, "slug": "one", "title": "One"}), TaskUnarchived()),
        (DependencyAdded(on=OTHER_UID), DependencyAdded(on=OTHER_UID)),
        (NoteSet(key="k", body="a"), NoteSet(key="l", body="b")),
        (TaskEdited(add_labels=["a"]), TaskEdited(add_labels=["b"])),
        (TodoAdded(number=1, text="a", source="user"), TodoAdded(number=1, text="b", source="user")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_disagree(one, two):
    pen = begun()
    base = list(pen.events)
    pen.write(one, seen=base)
    pen.write(two, seen=base)
    assert folded(pen).conflicts == []


def test_an_import_settles_every_conflict_it_has_seen():
    pen = begun()
    base = list(pen.events)
    pen.write(edit(priority="low"), seen=base)
    pen.write(edit(priority="high"), seen=base)
    assert folded(pen).conflicts
    pen.write(TaskImported(record={"number": 1, "slug": "one", "title": "One", "priority": "medium"}))
    assert (folded(pen).priority, folded(pen).conflicts) == ("medium", [])


# ---------------------------------------------------------------------------------------------- claims


def test_events_of_the_holder_renew_a_claim_and_those_of_others_do_not():
    pen = begun()
    pen.write(ClaimTaken(lease_s=3600, stage="implementing"), by=BOB, at="2026-11-20T10:00:00.000000Z")
    assert folded(pen).claims[0].until == "2026-11-20T11:00:00.000000Z"
    pen.write(CommentAdded(number=1, text="not mine"), by=ADA, at="2026-11-20T10:30:00.000000Z")
    pen.write(CommentAdded(number=2, text="same name elsewhere"), by=EVE, at="2026-11-20T10:40:00.000000Z")
    assert folded(pen).claims[0].until == "2026-11-20T11:00:00.000000Z"
    pen.write(CommentAdded(number=3, text="mine"), by=BOB, at="2026-11-20T10:45:00.000000Z")
    assert folded(pen).claims[0].until == "2026-11-20T11:45:00.000000Z"
    pen.write(CommentAdded(number=4, text="late news"), by=BOB, at="2026-11-20T10:05:00.000000Z")
    assert folded(pen).claims[0].until == "2026-11-20T11:45:00.000000Z"


def test_two_concurrent_claims_stand_in_order_and_each_renews_its_own():
    pen = begun()
    base = list(pen.events)
    one = pen.write(ClaimTaken(lease_s=60), seen=base, by=ADA)
    two = pen.write(ClaimTaken(lease_s=60), seen=base, by=BOB)
    first, second = sorted((one, two), key=lambda event: event.order)
    assert [claim.id for claim in folded(pen).claims] == [first.id, second.id]
    pen.write(CommentAdded(number=1, text="go on"), by=BOB, at="2026-11-20T10:01:00.000000Z")
    until = {claim.id: claim.until for claim in folded(pen).claims}
    assert until == {one.id: "2026-11-20T10:01:00.000000Z", two.id: "2026-11-20T10:02:00.000000Z"}


@pytest.mark.parametrize("end", [ClaimReleased, ClaimBroken])
def test_a_claim_ends_and_stays_ended(end):
    pen = begun()
    claim = pen.write(ClaimTaken(lease_s=60))
    pen.write(end(claim=claim.id, reason="r"), by=BOB)
    pen.write(CommentAdded(number=1, text="after"))
    assert folded(pen).claims == []


def test_a_claim_replaces_those_it_names_and_no_other():
    pen = begun()
    stale = pen.write(ClaimTaken(lease_s=60), by=ADA)
    other = pen.write(ClaimTaken(lease_s=60), by=BOB)
    new = pen.write(ClaimTaken(lease_s=60, over=[stale.id, "f" * 20]), by=EVE)
    assert [claim.id for claim in folded(pen).claims] == [other.id, new.id]


# ---------------------------------------------------------------------------------------------- texts


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Two\nlines", "Two lines"),
        ("tab\tand\x0bform\x0c", "tab and form"),
        ("line\u2028separator\x85x", "line separator x"),
        ("# marked", "# marked"),
        ("\x1b[31mred\x1b[0m \u202ebidi", "\x1b[31mred\x1b[0m \u202ebidi"),
        ('quote " and \\ and é and 🎉', 'quote " and \\ and é and 🎉'),
    ],
)
def test_titles_survive_and_make_one_heading(title, line):
    pen = begun()
    pen.write(edit(title=title))
    files = files_of(pen.events)
    assert codec.decode_task(files["task.json"]).title == title
    assert files["task.md"].decode() == f"# {line}\n\nWhat it is about.\n"


def test_a_title_leaves_the_description_and_the_other_way_round():
    pen = begun()
    pen.write(edit(description="## Why\n\nBecause.\n\n"))
    pen.write(edit(title="Other"))
    assert files_of(pen.events)["task.md"] == b"# Other\n\n## Why\n\nBecause.\n"
    pen.write(edit(description=""))
    assert files_of(pen.events)["task.md"] == b"# Other\n"


def test_plans_of_one_version_get_files_of_their_own():
    pen = begun()
    base = list(pen.events)
    one = pen.write(plan(1, body="one"), seen=base)
    two = pen.write(plan(1, body="two\n\n"), seen=base)
    first, second = sorted((one, two), key=lambda event: event.order)
    bodies = {one.id: b"one\n", two.id: b"two\n"}
    files = files_of(pen.events)
    assert files["plans/1.md"] == bodies[first.id]
    assert files[f"plans/1-{second.id}.md"] == bodies[second.id]


def test_a_removed_note_is_a_removed_file():
    pen = begun()
    pen.write(NoteSet(key="Research/α", body="found"))
    assert files_of(pen.events)["notes/%52esearch%2f%ce%b1.md"] == b"found\n"
    pen.write(NoteRemoved(key="Research/α"))
    assert fold.files(fold.fold(pen.events))["notes/%52esearch%2f%ce%b1.md"] is None
    assert folded(pen).notes == []


@pytest.mark.parametrize("name", ["task.json", "task.md", "events/000001-aa.json", "../../book/book.json", "", "plans/9.md"])
def test_an_imported_record_cannot_choose_its_file_names(name):
    by = {"type": "user", "name": "ada"}
    plans = [
        {"id": "p", "version": 3, "status": "accepted", "created_at": START, "created_by": by, "digest": "", "file": name},
        {"id": "../q", "version": 3, "status": "proposed", "created_at": START, "created_by": by, "digest": "", "file": "b"},
    ]
    notes = [{"key": "PRD", "role": "queue", "file": name + "n", "created_at": "", "updated_at": "", "by": by}]
    pen = begun()
    texts = {"task.md": "# whatever\n\nImported.", name: "first", "b": "second", name + "n": "a note"}
    record = {"number": 9, "slug": "nine", "title": "Nine", "plans": plans, "notes": notes, "accepted_plan": "p"}
    pen.write(TaskImported(record=record, texts=texts))
    files = files_of(pen.events)
    assert all(DERIVED.fullmatch(name) for name in files)
    assert codec.decode_task(files["task.json"]).title == "Nine"
    held = folded(pen)
    assert len({plan.file for plan in held.plans}) == 2
    if name != "task.md":
        assert files[held.plans[0].file] == b"first\n"
        assert files["task.md"] == b"# Nine\n\nImported.\n"
    assert files[held.plans[1].file] == b"second\n"
    assert files[held.notes[0].file] == b"a note\n"


def test_an_import_is_verbatim_and_revives_the_uid():
    pen = begun()
    pen.write(plan(1, body="gone"))
    pen.write(NoteSet(key="prd", body="gone"))
    pen.write(TaskDeleted(reason="mistake"))
    assert folded(pen).deleted_at == START
    record = {"number": 7, "slug": "seven", "title": "Seven", "status": "done", "updated_at": "2020-01-01T00:00:00.000000Z"}
    pen.write(TaskImported(record=record | {"uid": OTHER_UID, "clock": 99, "heads": ["x"], "unknown": ["y"]}))
    held = folded(pen)
    assert (held.uid, held.number, held.status, held.deleted_at) == (UID, 7, "done", None)
    assert (held.updated_at, held.clock, held.heads, held.unknown) == (record["updated_at"], 5, [pen.events[-1].id], [])
    files = fold.files(fold.fold(pen.events))
    assert files["plans/1.md"] is None and files["notes/prd.md"] is None


# ---------------------------------------------------------------------------------------------- what each event does


def effect_pen() -> tuple[Pen, dict[str, str]]:
    """A task with one of everything, and the ids of its items."""
    pen = begun()
    ids = {
        "plan": pen.write(plan(1, body="do it")).id,
        "todo": pen.write(TodoAdded(number=1, text="first", source="user")).id,
        "question": pen.write(QuestionAdded(number=1, text="why?")).id,
        "run": pen.write(RunStarted(number=1, kind="implementation", status="implementing")).id,
    }
    pen.write(NoteSet(key="prd", body="text"))
    pen.write(DependencyAdded(on=OTHER_UID))
    pen.write(CommitLinked(commit="1" * 40, source="hook"))
    return pen, ids


EFFECTS = {
    "edit labels": (lambda i: TaskEdited(add_labels=["b", "a"], remove_labels=["b"]), lambda t: t.labels, ["a"]),
    "edit properties": (lambda i: TaskEdited(properties={"z": 1, "a": [1]}), lambda t: list(t.properties), ["a", "z"]),
    "drop property": (lambda i: TaskEdited(properties={"a": None}), lambda t: t.properties, {}),
    "clear a field": (lambda i: edit(owner=None), lambda t: t.owner, None),
    "renumber": (
        lambda i: TaskRenumbered(number=4, previous=1),
        lambda t: (t.number, t.former_numbers, t.id),
        (4, [1], "task-0004"),
    ),
    "hold": (lambda i: TaskHeld(reason="r", previous="draft"), lambda t: (t.hold.reason, t.status), ("r", "implementing")),
    "resume": (lambda i: TaskResumed(status="draft"), lambda t: (t.hold, t.status), (None, "draft")),
    "move": (lambda i: TaskMoved(parent=OTHER_UID, sort=2), lambda t: (t.parent, t.sort), (OTHER_UID, 2)),
    "accept": (lambda i: approve_id(i["plan"]), lambda t: (t.current_plan().status, t.status), ("accepted", "approved")),
    "reject": (
        lambda i: PlanRejected(plan=i["plan"], version=1, reason="thin"),
        lambda t: (t.plans[0].status, t.plans[0].rejected_reason, t.status),
        ("rejected", "thin", "plan_review"),
    ),
    "supersede": (
        lambda i: plan(2, supersedes=i["plan"]),
        lambda t: [plan.status for plan in t.plans],
        ["superseded", "proposed"],
    ),
    "answer": (
        lambda i: QuestionAnswered(question=i["question"], text="so", answered_by="agent"),
        lambda t: (t.questions[0].status, t.questions[0].answer, t.questions[0].answered_by.type),
        ("answered", "so", "agent"),
    ),
    "dismiss": (lambda i: QuestionDismissed(question=i["question"]), lambda t: t.questions[0].status, "dismissed"),
    "log": (lambda i: RunLogged(run=i["run"], text="did"), lambda t: [line.text for line in t.runs[0].log], ["did"]),
    "resume run": (
        lambda i: RunResumed(run=i["run"], status="implementing", reason="back"),
        lambda t: [line.text for line in t.runs[0].log],
        ["resumed: back"],
    ),
    "finish": (
        lambda i: RunFinished(run=i["run"], result="aborted", status="failed_validation"),
        lambda t: (t.runs[0].status, t.status),
        ("aborted", "failed_validation"),
    ),
    "finish without status": (lambda i: RunFinished(run=i["run"], result="passed"), lambda t: t.status, "implementing"),
    "done": (
        lambda i: TodoDone(todo=i["todo"], evidence=["e", "e"], commands=["c"]),
        lambda t: (t.todos[0].is_done, t.todos[0].evidence, t.todos[0].commands),
        (True, ["e"], ["c"]),
    ),
    "edit todo": (lambda i: TodoEdited(todo=i["todo"], mandatory=True), lambda t: (t.todos[0].text, t.todos[0].mandatory), ("first", True)),
    "remove todo": (lambda i: TodoRemoved(todo=i["todo"]), lambda t: (t.live_todos(), t.todos[0].removed), ([], True)),
    "unlink": (lambda i: CommitUnlinked(commit="1" * 40), lambda t: t.commits, []),
    "relink": (
        lambda i: CommitLinked(commit="2" * 40, source="rewrite", replaces=["1" * 40]),
        lambda t: [link.commit for link in t.commits],
        ["2" * 40],
    ),
    "drop dependency": (lambda i: DependencyRemoved(on=OTHER_UID), lambda t: t.dependencies, []),
    "other kind of dependency stays": (
        lambda i: DependencyRemoved(on=OTHER_UID, kind="relates_to"),
        lambda t: [dep.on for dep in t.dependencies],
        [OTHER_UID],
    ),
    "waive dependency": (
        lambda i: DependencyWaived(on=OTHER_UID, reason="fine"),
        lambda t: t.dependencies[0].waiver.reason,
        "fine",
    ),
}


def approve_id(plan_id: str) -> PlanApproved:
    return PlanApproved(plan=plan_id, version=1, digest="sha256:1", note="ok", approver="user", via="accept")


@pytest.mark.parametrize("name", EFFECTS)
def test_effect(name):
    make, read, expected = EFFECTS[name]
    pen, ids = effect_pen()
    pen.write(make(ids))
    assert read(folded(pen)) == expected


DANGLING = "d" * 20


@pytest.mark.parametrize(
    "payload",
    [
        approve_id(DANGLING),
        PlanRejected(plan=DANGLING, version=1),
        QuestionAnswered(question=DANGLING, text="t"),
        QuestionDismissed(question=DANGLING),
        RunLogged(run=DANGLING, text="t"),
        RunResumed(run=DANGLING, status="done"),
        TodoEdited(todo=DANGLING, text="t"),
        TodoDone(todo=DANGLING),
        TodoUndone(todo=DANGLING),
        TodoRemoved(todo=DANGLING),
        CommitUnlinked(commit=DANGLING),
        ClaimReleased(claim=DANGLING),
        ClaimBroken(claim=DANGLING, reason="r"),
        DependencyRemoved(on=UID),
        DependencyWaived(on=UID, reason="r"),
        NoteRemoved(key=DANGLING),
    ],
    ids=lambda payload: payload.type_name,
)
def test_a_reference_to_nothing_has_no_effect(payload):
    pen, _ = effect_pen()
    before = fold.fold(pen.events)
    pen.write(payload)
    after = fold.fold(pen.events)
    assert after.texts == before.texts
    after.task.heads, after.task.clock = before.task.heads, before.task.clock
    assert codec.encode_record(after.task) == codec.encode_record(before.task)


@pytest.mark.parametrize("late", [TodoDone, TodoUndone, TodoEdited])
def test_a_removed_todo_stays_as_it_was(late):
    pen, ids = effect_pen()
    base = list(pen.events)
    removed = pen.write(TodoRemoved(todo=ids["todo"]), seen=base)
    pen.write(late(todo=ids["todo"]), seen=[removed], at="2026-11-20T12:00:00.000000Z")
    todo = folded(pen).todos[0]
    assert (todo.removed, todo.status, todo.updated_at) == (True, "open", START)


# ---------------------------------------------------------------------------------------------- the book


def test_the_book():
    pen = Pen(None)
    pen.write(LedgerCreated(uid="u-1", name="main"))
    pen.write(WorkspaceSet(name="web", tags=["ui"]))
    pen.write(WorkspaceSet(name="api", tags=["http"]))
    pen.write(WorkspaceSet(name="web", tags=["frontend"]))
    pen.write(LedgerClosed(reason="merged"))
    book = fold.fold_book(pen.events).book
    assert (book.uid, book.name, book.created_at, book.closed_reason) == ("u-1", "main", START, "merged")
    assert [(workspace.name, workspace.tags) for workspace in book.workspaces] == [("api", ["http"]), ("web", ["frontend"])]
    pen.write(LedgerReopened(reason="not yet"))
    pen.write(WorkspaceRemoved(name="api"))
    book = fold.fold_book(pen.events).book
    assert (book.closed_at, book.closed_reason) == (None, None)
    assert [workspace.name for workspace in book.workspaces] == ["web"]


def test_a_fork_keeps_its_floor_and_the_first_uid_holds():
    pen = Pen(None)
    pen.write(LedgerForked(uid="u-2", name="feature", origin="main", tip="c" * 40, number_floor=30))
    pen.write(LedgerForked(uid="u-3", name="other", origin="main", tip="d" * 40, number_floor=12))
    book = fold.fold_book(pen.events).book
    assert (book.uid, book.name, book.number_floor) == ("u-2", "feature", 30)


@given(st.lists(st.tuples(st.sampled_from(BOOK_TYPES), st.integers(0, 999)), min_size=1, max_size=12), st.randoms())
def test_the_book_folds_in_any_order_and_step_by_step(steps, random):
    pen = Pen(None)
    for type_name, seed in steps:
        pen.write(random_payload(type_name, Random(seed)))
    whole = fold.files(fold.fold_book(pen.events))
    shuffled = [*pen.events, *pen.events[:2]]
    random.shuffle(shuffled)
    assert fold.files(fold.fold_book(shuffled)) == whole
    assert all(re.fullmatch(r"book\.json|intros/[0-9]+(-[0-9a-f]{20})?\.md", name) for name in whole)
    book, files = None, {}
    for event in pen.events:
        state = fold.extend(fold.start_book(book), event)
        book, files = state.book, files | fold.files(state)
    assert files == whole
