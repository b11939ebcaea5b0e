"""What an operation is, what it may look at, and how its decision becomes sealed events. No input or output happens here."""

from collections.abc import Callable, Generator, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from gitledger.errors import Conflict, InvalidInput, LedgerError, NotFound, StorageError, command_line
from gitledger.model import ids
from gitledger.model.book import Book
from gitledger.model.policy import Policy
from gitledger.model.task import Actor, Claim, Row, Task

if TYPE_CHECKING:
    from gitledger.ops._graph import Graph
    from gitledger.ops._history import History

PROGRAM = "gitledger"


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
) -> Meta:
    """An option of the command.

    `name` replaces the option name made of the field name; `file` names a second option that reads the
    value from a file (`-` is standard input); `is_input` lets the option itself read `-` from standard
    input; `output` marks a path that the face writes; `positional_too` also takes the value as a
    positional; `off` names the flag that sets a boolean to false; `bare` is the value of the option given without one.
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


# ---------------------------------------------------------------------------------------------- facts


class Blocker(Struct, frozen=True, omit_defaults=True):
    """Why a guard says no. `command` is an argument list that would help."""

    kind: str
    message: str
    ref: str | None = None
    command: tuple[str, ...] = ()
    details: dict[str, Any] = {}

    def to_dict(self) -> dict[str, Any]:
        """The blocker as reports print it (reference names)."""
        shown: dict[str, Any] = {"kind": self.kind, "message": self.message}
        if self.ref is not None:
            shown["ref"] = self.ref
        if self.command:
            shown["command_hint"] = command_line(self.command)
        return shown | self.details


class Active(Struct, frozen=True):
    """The active task and where that answer came from: option, environment, session, worktree."""

    uid: str
    source: str
    reason: str | None = None
    at: str | None = None


class Code(Struct, frozen=True, kw_only=True):
    """The state of the source code: branch, HEAD commit, tree ids (design §4, Freshness), changed paths."""

    branch: str | None = None
    head: str | None = None
    tree: str | None = None
    tree_all: str | None = None


class Trees(Struct, frozen=True, kw_only=True):
    """The source trees of a moment (design §4, Freshness): with tracked changes, and with untracked files too. None: unknown."""

    tree: str | None = None
    tree_all: str | None = None

    def is_met_by(self, proof: Any) -> bool:
        """Whether `proof` (anything with `tree` and `tree_all`) belongs to one of them."""
        return bool({self.tree, self.tree_all} & {proof.tree, proof.tree_all} - {None})


class Host(Struct, frozen=True, kw_only=True):
    """What the surroundings say about who is asking: a detected harness or CI, and whether a terminal is there."""

    harness: str | None = None
    is_ci: bool = False
    has_terminal: bool = False


class Place(Struct, frozen=True, kw_only=True):
    """Where the ledger lives. Paths are absolute text; `work_tree` is None in a bare repository."""

    ledger: str
    ref: str
    git_dir: str
    common_dir: str
    work_tree: str | None = None
    branch: str | None = None
    source: str = "default"
    tip: str | None = None


class Source(Protocol):
    """One state of a ledger, read lazily. Implemented by the store's snapshot, and in memory by tests.

    `lookup`, `rows` and `top_number` answer from rows; deleted tasks appear in none of them but count
    for `top_number`. `text` names a file of the task's subtree (`task.md`, `plans/1.md`).
    """

    def lookup(self, *, number: int | None = None, slug: str | None = None, prefix: str | None = None) -> list[Row]: ...
    def row(self, uid: str) -> Row | None: ...
    def rows(self, *, archived: bool = False) -> list[Row]: ...
    def page(self, statuses: set[str], role: str | None, limit: int) -> tuple[list[Row], int]: ...
    def taken_slugs(self, stem: str) -> set[str]: ...
    def top_number(self) -> int: ...
    def record(self, uid: str) -> Task | None: ...
    def text(self, uid: str, name: str) -> str | None: ...
    def events(self, uid: str | None, *, last: int = 0) -> list[Any]: ...
    def requested(self, key: str) -> list[Any]: ...
    def book(self) -> Book: ...
    def rows_with(self, field: str) -> list[Row]: ...
    def rows_of_commit(self, commit: str) -> list[Row]: ...
    def dependents(self, uid: str) -> list[Row]: ...
    def graph(self) -> "Graph": ...
    def counts(self) -> dict[str, int]: ...
    def entries(self, *, uid: str | None = None, limit: int = 0) -> list[Any]: ...
    def verify(self) -> Any: ...
    def reindex(self) -> dict[str, int]: ...


# ---------------------------------------------------------------------------------------------- world


class World:
    """All that an operation may look at. Tasks load when asked for; what the operation wrote is seen at once."""

    def __init__(
        self,
        source: Source,
        *,
        place: Place,
        actor: Callable[[], Actor],
        now: str,
        policy: Callable[[], Policy] = Policy,
        host: Host = Host(),
        lease_s: int = 7200,
        active: Callable[[], Active | None] = lambda: None,
        code: Callable[[], Code] = Code,
        staged: Callable[[], list[str]] = list,
        under_way: Callable[[], str | None] = lambda: None,
        commits: "Callable[[], History] | None" = None,
        trees: Callable[[], Trees] = Trees,
        changed_since: Callable[[Sequence[str]], dict[str, list[str]]] = lambda trees: {},
        is_trusted: Callable[[str], bool] = lambda evidence: False,
        ran: Sequence[Any] = (),
        others: Callable[[], Iterable[tuple[str, Source]]] = tuple,
        published: Callable[[str, str, str], bool] = lambda ledger, uid, event: True,
        agreed_with: str | None = None,
        ledgers: Callable[[], list[str]] = list,
        foreign: Callable[[str], Source] | None = None,
        former: Callable[[int], Iterable[str]] = lambda number: (),
        writes: bool = True,
        new_uid: Callable[[], str],
        new_nonce: Callable[[], str],
        request: str | None = None,
    ) -> None:
        self.source = source
        self.place = place
        self.now = now
        self._read_policy = policy
        self.host = host
        self.lease_s = lease_s
        self.new_uid = new_uid
        self.new_nonce = new_nonce
        self.request = request
        # The request was carried out before: `events` are those of the first time (ops/_repeat).
        self.is_repeat = False
        self.events: list[Any] = []
        # What this operation has written of the work graph, as ops/_graph reads it off the events.
        self.written_graph: Any = None
        self.states: dict[str | None, Any] = {}
        self.warnings: list[str] = []
        self._actor = actor
        self._actor_seen: Actor | None = None
        self._active = active
        self._code = code
        self._code_seen: Code | None = None
        # The paths that committing now would change, and what git is in the middle of (rebase, merge …): asked of git.
        self.staged = staged
        self.under_way = under_way
        self._commits = commits
        # What `decide` found out, for `show`; and notes that lack lines which events say: (task uid, commit), and how many were written.
        self.found: Any = None
        self.unwritten_notes: list[tuple[str, str]] = []
        self.notes_written = 0
        self._trees = trees
        # The files that changed since each of these trees (or `HEAD`), where this clone knows the tree: asked of git.
        self.changed_since = changed_since
        # Whether this clone wrote the evidence with that id, or somebody here said that its command may be run again.
        self.is_trusted = is_trusted
        # The children that ran for this operation (`Ran`, ops/_captured), and evidence that is to be trusted from now on.
        self.ran = ran
        self.trusted_now: list[str] = []
        self._others = others
        self._published = published
        self.agreed_with = agreed_with
        self._elsewhere: dict[str, list[tuple[str, Row]]] = {}
        # Other ledgers on whose state the decision rests, with their tips: they must not have moved when the entry is added.
        self.rests_on: dict[str, str | None] = {}
        self._recent: dict[str, list[Any]] = {}
        self._records: dict[str, Task | None] = {}
        self._named: dict[str, Row] = {}
        self.ledgers = ledgers
        self._foreign = foreign
        self._former = former
        self._writes = writes
        # Tasks that begin from another ledger's folder (uid → ledger), and all earlier events of those that were united.
        self.grafts: dict[str, str] = {}
        self.brought: dict[str, list[Any]] = {}

    @property
    def actor(self) -> Actor:
        """Who acts."""
        if self._actor_seen is None:
            self._actor_seen = self._actor()
        return self._actor_seen

    @property
    def ledger(self) -> str:
        """The name of the ledger."""
        return self.place.ledger

    @property
    def changed(self) -> bool:
        """Whether the operation recorded anything."""
        return bool(self.events) and not self.is_repeat

    @property
    def policy(self) -> Policy:
        """The team's policy (`.gitledger.yaml`), read when first asked for."""
        return self._read_policy()

    def touched(self) -> list[str]:
        """The uids of the tasks that the operation wrote to, in order of first event."""
        return list(dict.fromkeys(event.task for event in self.events if event.task))

    def code(self) -> Code:
        """Branch, HEAD and tree of the source code, computed when first asked for."""
        if self._code_seen is None:
            self._code_seen = self._code()
        return self._code_seen

    def trees(self) -> Trees:
        """The source trees of now, computed when first asked for: it costs about what `git status` does."""
        return self._trees()

    @cached_property
    def commits(self) -> "History":
        """The history of the source code (a `History`, ops/_history)."""
        if self._commits is None:
            raise StorageError("The history of the source code cannot be read here.", hint=(PROGRAM, "where"))
        return self._commits()

    def active(self) -> Active | None:
        """The active task's uid and the source of that answer."""
        return self._active()

    def others(self) -> Iterable[tuple[str, Source]]:
        """The other ledgers of this repository that differ from this one, by name; each is open until the next is asked for."""
        return self._others()

    def elsewhere(self, uid: str) -> list[tuple[str, Row]]:
        """The task `uid` as the other ledgers of this repository have it, looked up when first asked for."""
        if uid not in self._elsewhere:
            rows = [(ledger, source.row(uid)) for ledger, source in self.others()]
            self._elsewhere[uid] = [(ledger, row) for ledger, row in rows if row is not None and not row.is_deleted]
        return self._elsewhere[uid]

    def foreign(self, ledger: str) -> Source:
        """Another ledger of this repository as it is now. Raises NotFound where there is none of that name."""
        if self._foreign is None:
            raise no_ledger(ledger)
        return self._foreign(ledger)

    def is_published(self, ledger: str, uid: str, event: str) -> bool:
        """Whether the elected remote was last seen to have this event of the task; where there is no remote, yes."""
        return self._published(ledger, uid, event)

    def record(self, uid: str) -> Task | None:
        """The record of the task `uid`, or None."""
        state = self.states.get(uid)
        if state is not None:
            return state.task
        if uid not in self._records:
            self._records[uid] = self.source.record(uid)
        return self._records[uid]

    def row(self, uid: str) -> Row | None:
        """The listing row of the task `uid` as it was before this operation."""
        return self.source.row(uid)

    def standing(self, uid: str) -> Row | None:
        """The listing row of the task `uid` with what this operation has written; its folder may be another by then."""
        state = self.states.get(uid)
        if state is None:
            return self.source.row(uid)
        from gitledger.model.listing import row_of

        return row_of(state.task, "")

    def text(self, task: Task, name: str) -> str:
        """A long text of the task (`task.md`, `plans/1.md`); empty where there is none."""
        state = self.states.get(task.uid)
        if state is not None and name in state.texts:
            return state.texts[name]
        return self.source.text(task.uid, name) or ""

    def description(self, task: Task) -> str:
        """The task's description."""
        from gitledger.model.texts import split_task_md

        return split_task_md(self.text(task, "task.md"))[1]

    def plan_body(self, task: Task, plan: Any) -> str:
        """The body of a plan, without its final newline."""
        return self.text(task, plan.file).removesuffix("\n")

    def history(self, task: Task) -> list[Any]:
        """All events of the task, those of this operation included, in order."""
        return [*self.source.events(task.uid), *(event for event in self.events if event.task == task.uid)]

    def recent_events(self, uid: str) -> list[Any]:
        """The last events of a task as they were before this operation, in order."""
        if uid not in self._recent:
            self._recent[uid] = self.source.events(uid, last=64)
        return self._recent[uid]

    # ---------------------------------------------------------------- references

    def find(self, reference: str) -> Row:
        """The one task that `reference` names: `task-0030`, `30`, a slug, or at least 4 digits of its uid."""
        ledger, text, item = ids.split_reference(reference)
        if item is not None:
            raise InvalidInput(
                f"{_quoted(reference)} names an item, and a task is wanted here.",
                hint=(PROGRAM, "task", "show", text) if text else (PROGRAM, "task", "list"),
            )
        if ledger is not None and ledger != self.ledger:
            self.foreign(ledger)
            raise InvalidInput(
                f"{_quoted(reference)} is a task of ledger {ledger}, and this command works in {self.ledger}.",
                code="OTHER_LEDGER",
                hint=(PROGRAM, "--ledger", ledger, "task", "show", text),
                remediation=(f"Say the command again with {command_line(('--ledger', ledger))}.",),
            )
        found = rows_named(self.source, text.lower())
        number = ids.parse_task_number(text.lower())
        if number is not None and (self._writes or not found):
            # Whoever remembers a number from before this clone gave it up must not write to another task.
            known = {row.uid for row in found}
            former = [self.source.row(uid) for uid in self._former(number) if uid not in known]
            found += [row for row in former if row is not None and not row.is_deleted]
        if number is not None and not found:
            found = self._formerly(number)
        if not found:
            raise NotFound(f"No task {_quoted(reference)} in ledger {self.ledger}.", hint=(PROGRAM, "task", "list"))
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

    def _formerly(self, number: int) -> list[Row]:
        """The tasks that had a number which nobody has now."""
        rows = self.source.rows_with("former_numbers") if number <= self.source.top_number() else []
        records = ((row, self.record(row.uid)) for row in rows)
        return [row for row, record in records if record is not None and number in record.former_numbers]

    def task(self, reference: str | None = None) -> Task:
        """The task named by `reference`, or the active one."""
        if reference is None:
            active = self.active()
            if active is None:
                raise NotFound(
                    "No task is active here, and none was named.",
                    code="NO_ACTIVE_TASK",
                    hint=(PROGRAM, "task", "list"),
                    remediation=(
                        "Name one: --task TASK.",
                        f"Or make one active: {command_line((PROGRAM, 'task', 'activate', 'TASK'))}.",
                    ),
                )
            record = self.record(active.uid)
            if record is None or record.deleted_at is not None:
                raise NotFound(
                    f"The active task (from {active.source}) is not in ledger {self.ledger}.",
                    code="ACTIVE_TASK_NOT_FOUND",
                    hint=(PROGRAM, "task", "list"),
                    details={"uid": active.uid, "source": active.source},
                )
            return record
        if reference in self.states:
            return self.states[reference].task
        row = self._named.get(reference)
        if row is None:
            # Each guard asks again, and the ledger is the same as long as this world is.
            row = self._named[reference] = self.find(reference)
        record = self.record(row.uid)
        if record is None:
            raise StorageError(
                f"{row.id} is listed but its record is missing.", code="STORAGE_CORRUPTION", hint=(PROGRAM, "verify")
            )
        return record

    def within(self, task: Task, reference: str) -> str:
        """The item part of `reference`; a task named before it (`task-0030/todo-0001`) must be this one."""
        ledger, name, item = ids.split_reference(reference)
        if item is None:
            return reference
        row = self.find(name if ledger is None else f"{ledger}:{name}")
        if row.uid != task.uid:
            raise InvalidInput(f"{_quoted(reference)} is an item of {row.id}, and this is about {task.id}.", task_id=task.id)
        return item

    def item(self, items: Sequence[Any], prefix: str, reference: str, task: Task) -> Any:
        """The one todo, question, plan, run, change or check that `reference` names: by number or id prefix."""
        text = self.within(task, reference).strip().lower()
        stem, _, tail = text.rpartition(".")
        found: list[Any] = []
        if stem:
            number = ids.parse_item_number(prefix, stem)
            found = [item for item in items if _number(item) == number and item.id.startswith(tail)]
        number = ids.parse_item_number(prefix, text)
        if not found and number is not None:
            found = [item for item in items if _number(item) == number]
        if not found and len(text) >= 4 and set(text) <= set("0123456789abcdef"):
            found = [item for item in items if item.id.startswith(text)]
        noun = {"q": "question"}.get(prefix, prefix)
        if not found:
            listing = {"q": ("question", "list"), "todo": ("todo", "list"), "plan": ("plan", "list")}
            raise NotFound(
                f"{task.id} has no {noun} {_quoted(reference)}.",
                hint=(PROGRAM, *listing.get(prefix, ("task", "show")), "--task", task.id),
                task_id=task.id,
            )
        if len(found) > 1:
            raise Conflict(
                f"{_quoted(reference)} names {len(found)} items of {task.id}; add a dot and part of the id.",
                code="AMBIGUOUS",
                hint=(PROGRAM, "task", "show", task.id),
                task_id=task.id,
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


def _number(item: Any) -> int:
    return item.version if hasattr(item, "version") else item.number


def _quoted(text: str) -> str:
    """`text` as one short printable word for a message."""
    plain = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    return repr(plain if len(plain) <= 80 else plain[:77] + "...")


def next_number(items: Iterable[Any]) -> int:
    """1 + the highest number ever given in `items`."""
    return 1 + max((_number(item) for item in items), default=0)


def live_claim(claims: Sequence[Claim], now: str) -> Claim | None:
    """The holder's claim at the time `now`: the first open one whose lease has not run out."""
    return next((claim for claim in claims if claim_until(claim, now) > now), None)


def claim_until(claim: Claim, now: str) -> str:
    """When the claim runs out, at most one lease from `now`, however far ahead its writer's clock was."""
    return min(claim.until, ids.later(now, claim.lease_s))


# ---------------------------------------------------------------------------------------------- operation


class Guard(Protocol):
    """A named rule: None when it is satisfied, else the refusal, ready to raise."""

    name: str

    def __call__(self, world: World, op: Any) -> LedgerError | None: ...


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


def answer_of(op: type[Operation]) -> Callable[..., Any]:
    """The method whose return annotation is what the operation answers with."""
    return op.perform if issubclass(op, (RefOperation, LocalOperation, RemoteOperation)) else op.show


def command_id(op: type[Operation] | Operation) -> str:
    """`todo done` → `todo.done`, as the JSON envelope names it."""
    return op.command.replace(" ", ".")


def ask_guards(op: Operation, world: World) -> None:
    """Raise the refusal of the first guard that says no."""
    for guard in op.guards:
        refusal = guard(world, op)
        if refusal is not None:
            raise refusal


def drive(op: Operation, world: World) -> list[Any]:
    """Run guards and `decide`, seal every intent into an event, and fold it at once. Returns the sealed events.

    Pure: the events exist only in `world` until somebody appends them to a ledger.
    """
    from gitledger.model import codec, fold

    ask_guards(op, world)
    decision = op.decide(world)
    sent = None
    while True:
        try:
            intent = decision.send(sent)
        except StopIteration:
            _warn_of_losses(world)
            return world.events
        state = world.states.get(intent.uid)
        if state is None:
            state = _start(world, intent.uid)
        _refuse_unknown(state)
        codec.check_payload(intent.payload)
        sent = codec.seal(
            intent.payload,
            task=intent.uid,
            clock=state.clock + 1,
            after=state.heads,
            nonce=world.new_nonce(),
            at=world.now,
            op=op.command,
            actor=world.actor,
            request=world.request,
        )
        world.states[intent.uid] = fold.extend(state, sent)
        world.events.append(sent)


def _warn_of_losses(world: World) -> None:
    """Who writes to a task hears of it where a sync has ended their claim on it."""
    holder = world.actor.holder()
    written = [state.task for uid, state in world.states.items() if uid is not None]
    tasks = [task for task in written if any(claim.holder != holder for claim in task.claims)]
    if tasks:
        from gitledger.ops import guards

        guards.warn_of_losses(world, tasks)


def _start(world: World, uid: str | None) -> Any:
    from gitledger.model import fold

    if uid is None:
        return fold.start_book(world.source.book())
    return fold.start(uid, world.record(uid), lambda name: world.source.text(uid, name))


def _refuse_unknown(state: Any) -> None:
    if state.unknown:
        raise StorageError(
            f"This task holds events that this version does not understand: {', '.join(state.unknown)}.",
            code="UPGRADE_REQUIRED",
            hint=(PROGRAM, "version"),
            remediation=("Upgrade gitledger, then try again. Reading goes on.",),
            details={"types": list(state.unknown)},
        )


def require_text(value: str | None, name: str, hint: Sequence[str] = ()) -> str:
    """`value` when it is not blank; else a refusal that names the option."""
    if value is None or not value.strip():
        raise InvalidInput(f"{name} must not be empty.", hint=hint)
    return value
