"""Which task, or item of a task, a reference that people type names. Loaded only where one was typed."""

from collections.abc import Sequence
from typing import Any

from gitledger.errors import Conflict, InvalidInput, NotFound, command_line
from gitledger.model import ids
from gitledger.model.task import Row, Task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._world import Source, World, number_of


def find(world: World, reference: str) -> Row:
    """The one task that `reference` names: `task-0030`, `30`, a slug, or at least 4 digits of its uid."""
    ledger, text, item = ids.split_reference(reference)
    if item is not None:
        raise InvalidInput(
            f"{_quoted(reference)} names an item, and a task is wanted here.",
            hint=(PROGRAM, "task", "show", text) if text else (PROGRAM, "task", "list"),
        )
    if ledger is not None and ledger != world.ledger:
        world.foreign(ledger)
        raise InvalidInput(
            f"{_quoted(reference)} is a task of ledger {ledger}, and this command works in {world.ledger}.",
            code="OTHER_LEDGER",
            hint=(PROGRAM, "--ledger", ledger, "task", "show", text),
            remediation=(f"Say the command again with {command_line(('--ledger', ledger))}.",),
        )
    found = rows_named(world.source, text.lower())
    number = ids.parse_task_number(text.lower())
    if number is not None and (world.writes or not found):
        # Whoever remembers a number from before this clone gave it up must not write to another task.
        known = {row.uid for row in found}
        former = [world.source.row(uid) for uid in world.former(number) if uid not in known]
        found += [row for row in former if row is not None and not row.is_deleted]
    if number is not None and not found:
        found = _formerly(world, number)
    if not found:
        raise NotFound(f"No task {_quoted(reference)} in ledger {world.ledger}.", hint=(PROGRAM, "task", "list"))
    if len(found) > 1:
        raise Conflict(
            f"{_quoted(reference)} names {len(found)} tasks; use more of the uid.",
            code="AMBIGUOUS",
            hint=(PROGRAM, "task", "show", found[0].uid[:8]),
            details={
                "candidates": [
                    {"uid": row.uid, "id": row.id, "slug": row.slug, "title": row.title} for row in found
                ]
            },
            blocking_refs=[row.uid for row in found],
        )
    return found[0]


def _formerly(world: World, number: int) -> list[Row]:
    """The tasks that had a number which nobody has now."""
    rows = world.source.rows_with("former_numbers") if number <= world.source.top_number() else []
    records = ((row, world.record(row.uid)) for row in rows)
    return [row for row, record in records if record is not None and number in record.former_numbers]


def within(world: World, task: Task, reference: str) -> str:
    """The item part of `reference`; a task named before it (`task-0030/todo-0001`) must be this one."""
    ledger, name, item = ids.split_reference(reference)
    if item is None:
        return reference
    row = find(world, name if ledger is None else f"{ledger}:{name}")
    if row.uid != task.uid:
        raise InvalidInput(f"{_quoted(reference)} is an item of {row.id}, and this is about {task.id}.", task_id=task.id)
    return item


def find_item(world: World, items: Sequence[Any], prefix: str, reference: str, task: Task) -> Any:
    """The one todo, question, plan, run, change, check or handoff that `reference` names: by number or id prefix."""
    listing = {"q": ("question", "list"), "todo": ("todo", "list"), "plan": ("plan", "list"), "handoff": ("handoff", "list")}
    show = (PROGRAM, *listing.get(prefix, ("task", "show")), "--task", task.id)
    return item_named(items, prefix, within(world, task, reference), task.id, show, task_id=task.id)


def item_named(
    items: Sequence[Any], prefix: str, reference: str, where: str, listing: Sequence[str], task_id: str | None = None
) -> Any:
    """The one item that `reference` names, of a task or of the ledger: `where` says of which, `listing` shows them all."""
    text = reference.strip().lower()
    stem, _, tail = text.rpartition(".")
    found: list[Any] = []
    if stem:
        number = ids.parse_item_number(prefix, stem)
        found = [item for item in items if number_of(item) == number and item.id.startswith(tail)]
    number = ids.parse_item_number(prefix, text)
    if not found and number is not None:
        found = [item for item in items if number_of(item) == number]
    if not found and len(text) >= 4 and set(text) <= set("0123456789abcdef"):
        found = [item for item in items if item.id.startswith(text)]
    noun = {"q": "question"}.get(prefix, prefix)
    if not found:
        raise NotFound(f"{where} has no {noun} {_quoted(reference)}.", hint=listing, task_id=task_id)
    if len(found) > 1:
        raise Conflict(
            f"{_quoted(reference)} names {len(found)} items of {where}; add a dot and part of the id.",
            code="AMBIGUOUS",
            hint=listing,
            task_id=task_id,
            details={"candidates": [f"{item.ref}.{item.id[:6]}" for item in found]},
        )
    return found[0]


def rows_named(source: Source, text: str) -> list[Row]:
    """The tasks of one ledger that a lower-case reference names: by number, else by slug, else by uid."""
    found: list[Row] = []
    number = ids.parse_task_number(text)
    if number is not None:
        found = source.lookup(number=number)
    if not found:
        found = source.lookup(slug=text)
    if not found and ids.is_uid_prefix(text):
        found = source.lookup(prefix=text)
    return found


def no_ledger(ledger: str) -> NotFound:
    """The refusal of a ledger that is not there."""
    return NotFound(
        f"There is no ledger {_quoted(ledger)} in this repository.", code="NO_LEDGER", hint=(PROGRAM, "ledger", "list")
    )


def _quoted(text: str) -> str:
    """`text` as one short printable word for a message."""
    plain = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return repr(plain if len(plain) <= 80 else plain[:77] + "...")
