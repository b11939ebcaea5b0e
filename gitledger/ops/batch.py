"""Several operations in one entry: all of them, or none."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Struct

from gitledger.errors import InvalidInput, LedgerError
from gitledger.ops import _calls
from gitledger.ops._base import Decision, LocalOperation, Operation, RefOperation, RemoteOperation, StageOperation, opt
from gitledger.ops._drive import ask_guards
from gitledger.ops._facts import PROGRAM
from gitledger.ops._overlay import Overlay, step_of
from gitledger.ops._views import View
from gitledger.ops._world import World

# A commit message names the tasks of its entry, and what is fetched from others is taken up to a size.
MAX_TASKS = 20_000
MAX_INPUT = 64 << 20
_HELP = (PROGRAM, "batch", "--help")


class BatchLine(Struct, frozen=True, forbid_unknown_fields=True):
    """An operation of the list: the words of its command, and its arguments by name."""

    command: str
    arguments: dict[str, Any] = {}


class BatchStep(View):
    """What came of one operation. `what`: in a few words; `result`: its answer, null with --brief."""

    command: str
    task_id: str | None
    what: str
    changed: bool
    result: Any


class BatchDone(View):
    """What came of the operations, in their order."""

    steps: list[BatchStep]
    total: int
    changed: bool
    warnings: list[str]
    kind: Literal["batch"] = "batch"


class RunBatch(Operation, frozen=True, kw_only=True, dict=True):
    """Carry out a list of operations in one entry: all of them, or none.

    Standard input holds a JSON list of `{"command": "item create", "arguments": {"title": "…"}}`; `gitledger schema
    COMMAND` tells the arguments of a command by name. Each operation finds what those before it have written, and
    the first that is refused refuses the whole batch. What only reads, runs programs, or moves and exchanges whole
    ledgers stands by itself.
    """

    command = "batch"

    operations: Annotated[list[BatchLine], opt("The list as JSON.", file="--file", json=MAX_INPUT, metavar="JSON")]
    brief: Annotated[bool, opt("Leave the answers of the operations out.")] = False

    @cached_property
    def steps(self) -> list[Operation]:
        """The operations. Raises InvalidInput that says which of them is wrong, and why."""
        found = []
        for place, line in enumerate(self.operations):
            with _naming_step(place, line.command):
                found.append(_operation(line))
        return found

    @property
    def takes_claim(self) -> bool:  # type: ignore[override]
        """Whether one of them does."""
        return any(step.takes_claim for step in self.steps)

    @property
    def ends_claim(self) -> bool:  # type: ignore[override]
        """Whether one of them does."""
        return any(step.ends_claim for step in self.steps)

    @property
    def remote(self) -> bool:
        """Whether one of them wants the remote's word."""
        return any(getattr(step, "remote", False) for step in self.steps)

    def decide(self, world: World) -> Decision:
        overlay = Overlay(world)
        world.found = []
        for place, op in enumerate(self.steps):
            step = step_of(world, overlay)
            with _naming_step(place, op.command):
                ask_guards(op, step)
                yield from _record(op, step)
                # It answers from what it found before it, as it does by itself.
                world.found.append(_view(op, step, self.brief))
                overlay.take(step.events)
            world.warnings += step.warnings
        check_size(world)

    def what(self, world: World) -> str:
        commands = dict.fromkeys(op.command for op in self.steps)
        return f"{len(self.steps)} operations: {', '.join(commands)}"

    def show(self, world: World) -> BatchDone:
        return BatchDone(
            steps=world.found or [], total=len(self.steps), changed=world.changed, warnings=list(world.warnings)
        )


def check_size(world: World) -> None:
    """Refuse what others would not take from us."""
    many = len(world.touched())
    if many > MAX_TASKS:
        raise InvalidInput(
            f"This would write to {many} tasks in one entry; the limit is {MAX_TASKS}.",
            code="TOO_LARGE",
            hint=_HELP,
            details={"tasks": many, "limit": MAX_TASKS},
        )


@contextmanager
def _naming_step(place: int, command: str) -> Iterator[None]:
    """Within, a refusal says which operation it is of, and that nothing was done."""
    try:
        yield
    except LedgerError as error:
        error.message = f"Operation {place + 1} ({command[:80]}): {error.message} Nothing was recorded."
        error.details = {**error.details, "operation": place, "command": command[:80]}
        error.hint = error.hint or _HELP
        raise


# ---------------------------------------------------------------------------------------------- which operations


def _operation(line: BatchLine) -> Operation:
    kind, rest = _calls.operation_named(_calls.words_of(line.command))
    if kind is None or rest:
        raise InvalidInput(f"{line.command[:80]!r} is no command.", code="UNKNOWN_COMMAND", hint=(PROGRAM, "--help"))
    _refuse_by_itself(kind)
    known = _calls.parameters_of(kind)
    for name in line.arguments:
        if name not in known:
            raise InvalidInput(
                f"There is no argument {name[:80]!r}; known are: {', '.join(known) or 'none'}.",
                hint=(PROGRAM, "schema", *kind.command.split()),
            )
    try:
        op = msgspec.convert(_calls.values_of(kind, line.arguments), kind)
    except msgspec.ValidationError as error:
        raise InvalidInput(_calls.complaint(error), hint=(PROGRAM, "schema", *kind.command.split())) from None
    _refuse_other_actor(op)
    return op


# They decide on whole ledgers, or write what no other operation of the entry could see.
_ALONE = ("ledger", "commits", "import", "batch")


def _refuse_by_itself(kind: type[Operation]) -> None:
    is_apart = issubclass(kind, RefOperation | LocalOperation | RemoteOperation) or kind.command.split()[0] in _ALONE
    if is_apart or not kind.writes or kind.starts_children or not kind.needs_ledger:
        raise InvalidInput(
            f"`{kind.command}` stands by itself, and is no part of a batch.",
            code="NOT_IN_A_BATCH",
            hint=(PROGRAM, *kind.command.split(), "--help"),
        )


def _refuse_other_actor(op: Operation) -> None:
    """An entry has one actor, and it is the one who hands the batch in."""
    names = [name for name in StageOperation.__annotations__ if op.takes_identity and getattr(op, name, None) is not None]
    if names:
        raise InvalidInput(
            f"A batch has one actor, who hands it in: leave out {', '.join(names)}.",
            code="NOT_IN_A_BATCH",
            hint=(PROGRAM, "actor", "whoami"),
        )


# ---------------------------------------------------------------------------------------------- one of them


def _record(op: Operation, step: World) -> Decision:
    """Let the operation decide; its world sees each event as it is sealed."""
    decision = op.decide(step)
    sent = None
    while True:
        try:
            intent = decision.send(sent)
        except StopIteration:
            return
        sent = yield intent
        step.events.append(sent)


def _view(op: Operation, step: World, is_brief: bool) -> BatchStep:
    view = op.show(step)
    uids = step.touched()
    record = step.record(uids[0]) if uids else None
    named = getattr(op, "task", None) if record is None else None
    task_id = record.id if record is not None else step.find(named).id if isinstance(named, str) else None
    return BatchStep(
        command=op.command,
        task_id=task_id,
        what=op.what(step) if step.events else "nothing changed",
        changed=bool(step.events),
        result=None if is_brief else view,
    )


OPERATIONS: tuple[type[Operation], ...] = (RunBatch,)
