"""What an operation is: a request with its fields, its rules, what it decides and what it answers. No input or output happens here."""

from collections.abc import Callable, Generator, Sequence
from typing import Annotated, Any, ClassVar

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.model.task import Task
from gitledger.ops._world import World


# ---------------------------------------------------------------------------------------------- fields


def arg(help: str, *, metavar: str | None = None, rest: bool = False) -> Meta:
    """A positional argument of the command; `rest`: all further words, options of other programs among them."""
    return Meta(description=help, extra={"positional": True, "metavar": metavar, **({"rest": True} if rest else {})})


def opt(
    help: str,
    *,
    name: str | None = None,
    short: str | None = None,
    metavar: str | None = None,
    file: str | None = None,
    is_input: bool = False,
    output: bool = False,
    positional_too: bool = False,
    off: str | None = None,
    bare: str | None = None,
    json: int = 0,
) -> Meta:
    """An option of the command.

    `name` replaces the option name made of the field name; `file` names a second option that reads the
    value from a file (`-` is standard input); `is_input` lets the option itself read `-` from standard
    input; `output` marks a path that the face writes; `positional_too` also takes the value as a
    positional; `off` names the flag that sets a boolean to false; `bare` is the value of the option given without one; `json`: it
    holds JSON of at most so many bytes, which may come from a file (`file`), or from standard input where nothing else is said.
    """
    extra = {
        "name": name,
        "short": short,
        "metavar": metavar,
        "file": file,
        "is_input": is_input or file is not None,
        "output": output,
        "positional_too": positional_too,
        "off": off,
        "bare": bare,
        "json": json,
    }
    return Meta(description=help, extra={key: value for key, value in extra.items() if value})


# ---------------------------------------------------------------------------------------------- intents


class Intent(Struct, frozen=True):
    """A payload that `decide` wants recorded: on the task `uid`, or in the book when `uid` is None."""

    uid: str | None
    payload: Any


def on(task: Task | str, payload: Any) -> Intent:
    """Record `payload` on a task (or on the task with this uid, when it is only now being created)."""
    return Intent(task if isinstance(task, str) else task.uid, payload)


def in_book(payload: Any) -> Intent:
    """Record `payload` in the ledger's book."""
    return Intent(None, payload)


# `decide` yields intents and is sent back the sealed event of each, whose id later intents may name.
Decision = Generator[Intent, Any, None]


# ---------------------------------------------------------------------------------------------- operation


class Operation(Struct, frozen=True, kw_only=True):
    """A request. Fields are the input, the docstring is the help, `guards` are the rules.

    `writes`: it may record events. `needs_ledger`: without one it is refused. `takes_identity`: its fields
    `actor`, `actor_name`, `actor_role`, `harness`, `session_id` say who acts. `opens_closed`: it is allowed
    on a closed ledger. `takes_claim`: it makes its actor the holder of the task, which nobody else may be in any
    ledger of the repository; with `taskledger.claims = remote` it is agreed with the remote. `ends_claim`: it gives
    one up, which the remote is told in the same case, if it can be. `starts_children`: programs are
    run for it first (ops/_captured). Without `needs_index` the world's source offers `verify` and `reindex` alone, so that
    they work where reading fails. Without `needs_repository` a face asks `show(None)`, which works anywhere.
    """

    command: ClassVar[str] = ""
    writes: ClassVar[bool] = True
    needs_ledger: ClassVar[bool] = True
    needs_index: ClassVar[bool] = True
    needs_repository: ClassVar[bool] = True
    takes_identity: ClassVar[bool] = False
    opens_closed: ClassVar[bool] = False
    takes_claim: ClassVar[bool] = False
    ends_claim: ClassVar[bool] = False
    starts_children: ClassVar[bool] = False
    guards: ClassVar[tuple[Any, ...]] = ()

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            # Beyond codec.MAX_INTEGER, which is not imported for it, neither events nor the index hold a number.
            if isinstance(value, int) and value.bit_length() > 53:
                raise InvalidInput(f"--{name.replace('_', '-')} is too large a number.", code="VALIDATION")

    def decide(self, world: World) -> Decision:
        """Yield what happens; nothing when there is nothing to do."""
        return
        yield

    def show(self, world: World) -> Any:
        """The answer, read from the world after the decision."""
        raise NotImplementedError

    def reads_only(self) -> bool:
        """Whether this very request records nothing, whatever others of its kind do."""
        return not self.writes

    def what(self, world: World) -> str:
        """What happened, in a few words, for the entry's subject."""
        uids = world.touched()
        record = world.record(uids[0]) if uids else None
        return record.title if record else self.command


class TaskOperation(Operation, frozen=True, kw_only=True):
    """An operation on one task: the one named by `task`, else by the field `item_field` (`task-0030/todo-0001`), else the active one."""

    item_field: ClassVar[str] = ""

    task: Annotated[str | None, opt("The task: task-0030, 30, its slug or its uid; left out, the active one.")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.item_field:
            _part_reference(self)

    def subject(self, world: World) -> Task:
        """The task that this operation is about."""
        return world.task(self.task)


def _part_reference(op: Any) -> None:
    """Let a reference to task and item fill both fields, whichever of them it was given for."""
    given = getattr(op, op.item_field)
    source = op.task if given is None else given if op.task is None else None
    ledger, task, item = ids.split_reference(source) if isinstance(source, str) else (None, "", None)
    if task and item is not None:
        force_setattr(op, "task", task if ledger is None else f"{ledger}:{task}")
        force_setattr(op, op.item_field, item)


class RefOperation(Operation, frozen=True, kw_only=True):
    """An operation that moves refs by compare-and-swap and makes no entry (design §1, law 3): fork, switch, rename, delete.

    `Ledger.run` hands it the repository's ledgers instead of a world.
    """

    needs_ledger = False

    def perform(self, ledgers: Any) -> Any:
        """Do it, and answer. `ledgers` is a `gitledger.ledger.refs.Ledgers`."""
        raise NotImplementedError


class LocalOperation(Operation, frozen=True, kw_only=True):
    """An operation on what git keeps for this clone alone, beside the ledgers: its hooks. It makes no entry and moves no ref."""

    needs_ledger = False

    def perform(self, hooks: Any) -> Any:
        """Do it, and answer. `hooks` is a `gitledger.ledger.hooks.Hooks`."""
        raise NotImplementedError


class SettingOperation(LocalOperation, frozen=True, kw_only=True):
    """A local operation on git's settings of this repository, which say who acts in it."""

    def perform(self, identity: Any) -> Any:
        """Do it, and answer. `identity` is a `gitledger.ledger.identity.Identity`."""
        raise NotImplementedError


class RemoteOperation(Operation, frozen=True, kw_only=True):
    """An operation that exchanges ledgers with another repository; `gitledger.sync` carries it out, above the ledger."""

    needs_ledger = False

    def perform(self, sync: Any) -> Any:
        """Do it, and answer. `sync` is a `gitledger.sync.Sync`."""
        raise NotImplementedError


def needs_remote(op: Operation, claims_are_remote: Callable[[], bool]) -> bool:
    """Whether `gitledger.sync.run` has to carry `op` out, and not `Ledger.run`; asks for `taskledger.claims` only if it must."""
    if not op.takes_claim and not op.ends_claim:
        return isinstance(op, RemoteOperation)
    return getattr(op, "remote", False) or claims_are_remote()


class StageOperation(TaskOperation, frozen=True, kw_only=True):
    """An operation that begins or takes up a stage of work, and may say who does."""

    takes_identity = True

    actor: Annotated[str | None, opt("Who acts: user, agent or system.")] = None
    actor_name: Annotated[str | None, opt("The name of who acts.")] = None
    actor_role: Annotated[str | None, opt("planner, implementer, validator, reviewer or operator.")] = None
    harness: Annotated[str | None, opt("The program that the actor works in.")] = None
    session_id: Annotated[str | None, opt("The session of the actor.")] = None


def looks_back(op: type[Operation], *, may_write: bool = False) -> bool:
    """Whether `op` answers from the ledger alone and changes nothing, so that it can be asked of an earlier state (`--at`).

    `may_write`: although requests of its kind may record something.
    """
    aside = (RefOperation, LocalOperation, RemoteOperation)
    return (may_write or not op.writes) and op.needs_ledger and op.needs_index and not issubclass(op, aside)


def answer_of(op: type[Operation]) -> Callable[..., Any]:
    """The method whose return annotation is what the operation answers with."""
    return op.perform if issubclass(op, (RefOperation, LocalOperation, RemoteOperation)) else op.show


def command_id(op: type[Operation] | Operation) -> str:
    """`todo done` → `todo.done`, as the JSON envelope names it."""
    return op.command.replace(" ", ".")


def require_text(value: str | None, name: str, hint: Sequence[str] = ()) -> str:
    """`value` when it is not blank; else a refusal that names the option."""
    if value is None or not value.strip():
        raise InvalidInput(f"{name} must not be empty.", hint=hint)
    return value
