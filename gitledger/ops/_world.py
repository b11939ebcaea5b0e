"""What an operation may look at: one state of a ledger, and what surrounds it. No input or output happens here."""

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from gitledger.errors import NotFound, StorageError, command_line
from gitledger.model import ids
from gitledger.model.book import Book
from gitledger.model.policy import Policy
from gitledger.model.schemafile import OutsideTypes
from gitledger.model.task import Actor, Claim, Row, Task
from gitledger.ops._facts import PROGRAM, Active, Code, Host, Place, Trees

if TYPE_CHECKING:
    from gitledger.model.seeking import Find, Sought
    from gitledger.ops._graph import Graph
    from gitledger.ops._history import History
    from gitledger.ops._source_files import SourceFiles


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
    def text(self, uid: str | None, name: str) -> str | None: ...
    def events(self, uid: str | None, *, last: int = 0) -> list[Any]: ...
    def events_named(self, prefix: str) -> list[Any]: ...
    def requested(self, key: str) -> list[Any]: ...
    def book(self) -> Book: ...
    def rows_with(self, field: str) -> list[Row]: ...
    def rows_of_commit(self, commit: str) -> list[Row]: ...
    def search(self, sought: "Sought") -> "tuple[list[Find], int]": ...
    def dependents(self, uid: str) -> list[Row]: ...
    def graph(self) -> "Graph": ...
    def counts(self) -> dict[str, int]: ...
    def entries(self, *, uid: str | None = None, limit: int = 0) -> list[Any]: ...
    def verify(self) -> Any: ...
    def reindex(self) -> dict[str, int]: ...


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
        outside_types: Callable[[], OutsideTypes] = OutsideTypes,
        host: Host = Host(),
        lease_s: int = 7200,
        active: Callable[[], Active | None] = lambda: None,
        code: Callable[[], Code] = Code,
        staged: Callable[[], list[str]] = list,
        under_way: Callable[[], str | None] = lambda: None,
        commits: "Callable[[], History] | None" = None,
        files: "Callable[[], SourceFiles] | None" = None,
        trees: Callable[[], Trees] = Trees,
        changed_since: Callable[[Sequence[str]], dict[str, list[str]]] = lambda trees: {},
        lacking: Callable[[Sequence[str]], list[str]] = lambda paths: [],
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
        self._read_outside_types = outside_types
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
        self._files = files
        # What `decide` found out, for `show`; and notes that lack lines which events say: (task uid, commit), and how many were written.
        self.found: Any = None
        self.unwritten_notes: list[tuple[str, str]] = []
        self.notes_written = 0
        self._trees = trees
        # The files that changed since each of these trees (or `HEAD`), where this clone knows the tree: asked of git.
        self.changed_since = changed_since
        # Those of the paths, from the top of the work tree, at which nothing lies there (bare: in HEAD's tree).
        self.lacking = lacking
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
        self.former = former
        self.writes = writes
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

    @property
    def outside_types(self) -> OutsideTypes:
        """The types of tasks in the orchestrator's configuration file, read when first asked for."""
        return self._read_outside_types()

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

    @cached_property
    def files(self) -> "SourceFiles":
        """The files of the source code (a `SourceFiles`, ops/_source_files)."""
        if self._files is None:
            raise StorageError("The files of the source code cannot be read here.", hint=(PROGRAM, "where"))
        return self._files()

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

    def over(self, ledger: str) -> "World":
        """The same surroundings over another ledger of the repository as it is now, to read in it."""
        if ledger == self.ledger:
            return self
        other = copy(self)
        other.source, other.place = self.foreign(ledger), replace(self.place, ledger=ledger)
        other.states, other.written_graph = {}, None
        other._elsewhere, other._recent, other._records, other._named = {}, {}, {}, {}
        return other

    def foreign(self, ledger: str) -> Source:
        """Another ledger of this repository as it is now. Raises NotFound where there is none of that name."""
        if self._foreign is None:
            from gitledger.ops._naming import no_ledger

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

    def book(self) -> Any:
        """The ledger's own record, with what this operation has written."""
        state = self.states.get(None)
        return state.book if state is not None else self.source.book()

    def book_text(self, name: str) -> str:
        """A long text of the book (`intros/1.md`); empty where there is none."""
        state = self.states.get(None)
        if state is not None and name in state.texts:
            return state.texts[name]
        return self.source.text(None, name) or ""

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
        from gitledger.ops import _naming

        return _naming.find(self, reference)

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
        from gitledger.ops import _naming

        return _naming.within(self, task, reference)

    def item(self, items: Sequence[Any], prefix: str, reference: str, task: Task) -> Any:
        """The one todo, question, plan, run, change or check that `reference` names: by number or id prefix."""
        from gitledger.ops import _naming

        return _naming.find_item(self, items, prefix, reference, task)


def number_of(item: Any) -> int:
    """The number of an item of a task; a plan's is its version."""
    return item.version if hasattr(item, "version") else item.number


def next_number(items: Iterable[Any]) -> int:
    """1 + the highest number ever given in `items`."""
    return 1 + max((number_of(item) for item in items), default=0)


def live_claim(claims: Sequence[Claim], now: str) -> Claim | None:
    """The holder's claim at the time `now`: the first open one whose lease has not run out."""
    return next((claim for claim in claims if claim_until(claim, now) > now), None)


def claim_until(claim: Claim, now: str) -> str:
    """When the claim runs out, at most one lease from `now`, however far ahead its writer's clock was."""
    return min(claim.until, ids.later(now, claim.lease_s))
