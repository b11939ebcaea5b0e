"""Which tasks there are: one line each."""

from typing import Annotated, Literal

import re

from msgspec import UNSET, UnsetType

from gitledger.errors import InvalidInput
from gitledger.model import workflow
from gitledger.model.listing import Sieve
from gitledger.model.task import Row
from gitledger.ops._base import opt
from gitledger.ops._everywhere import Listing, rows_everywhere
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._workspaces import InWorkspace, tagged, tags_of
from gitledger.ops._world import World, live_claim


class TaskRow(View):
    """One line of `task list`."""

    id: str
    slug: str
    title: str
    status: str
    status_stage: str
    is_active: bool
    active_stage: str | None
    accepted_plan_version: int | None
    uid: str
    role: str
    priority: str | None
    owner: str | None
    labels: list[str]
    todos: dict[str, int]
    updated_at: str
    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET


class TaskList(View):
    """Tasks, oldest first if not asked otherwise. `total` counts all that match, `truncated` says that not all are here."""

    tasks: list[TaskRow]
    total: int
    truncated: bool
    ledger: str
    kind: Literal["task_list"] = "task_list"


class ListTasks(Listing, frozen=True, kw_only=True):
    """List tasks.

    Archived ones are left out; --archived lists those alone, of one month if it is given. With --all-ledgers
    each task of every ledger of the repository is listed once, as the ledger has it that changed it last.
    """

    command = "task list"
    writes = False

    status: Annotated[list[str], opt("Only tasks with this status; may be given more than once.")] = []
    role: Annotated[str | None, opt("Only tasks with this role: queue, work, review, done, blocked, cancelled.")] = None
    labels: Annotated[list[str], opt("Only tasks with this label; repeated: with all of them.", name="--label")] = []
    text: Annotated[str | None, opt("Only tasks with all these words, as `search` finds them.", metavar="WORDS")] = None
    workspace: InWorkspace = None
    newest: Annotated[bool, opt("Those changed last first.")] = False
    offset: Annotated[int, opt("Leave out so many of the first.")] = 0
    limit: Annotated[int, opt("At most this many (0: all).")] = 0
    archived: Annotated[
        str | None, opt("Only archived tasks; with a month, those archived in it.", metavar="[YYYY-MM]", bare="all")
    ] = None

    def show(self, world: World) -> TaskList:
        known = {status for names in workflow.STATUSES.values() for status in names}
        wanted = {name.strip() for item in self.status for name in item.split(",")}
        if wanted - known:
            raise InvalidInput(
                f"Unknown status {', '.join(sorted(wanted - known))}; known are {', '.join(sorted(known))}.",
                hint=(PROGRAM, "task", "list"),
            )
        if self.role is not None and self.role not in workflow.ROLES:
            raise InvalidInput(
                f"Unknown role {self.role!r}; known are {', '.join(workflow.ROLES)}.", hint=(PROGRAM, "task", "list")
            )
        if self.limit < 0 or self.offset < 0:
            raise InvalidInput(
                "--limit and --offset must not be negative.", hint=(PROGRAM, "task", "list", "--limit", "0")
            )
        shown, total, homes = self._chosen(world, wanted)
        active = world.active()
        uid = active.uid if active else None
        return TaskList(
            tasks=[task_row(row, world.now, row.uid == uid, homes.get(row.uid)) for row in shown],
            total=total,
            truncated=len(shown) < total,
            ledger=world.ledger,
        )

    def _chosen(self, world: World, wanted: set[str]) -> tuple[list[Row], int, dict[str, list[str]]]:
        """The tasks to list, how many match, and with --all-ledgers the ledgers of each."""
        end = self.offset + self.limit if self.limit else None
        if end is not None and not self._needs_all_rows():
            if self.newest and not wanted:
                return *self._newest(world), {}
            if not self.newest:
                rows, total = world.source.page(wanted, self.role, end)
                return rows[self.offset :], total, {}
        found, homes = self._found(world)
        rows = [
            row
            for row in tagged(found, tags_of(world, self.workspace))
            if (not wanted or row.status in wanted)
            and (self.role is None or row.role == self.role)
            and set(self.labels) <= set(row.labels)
        ]
        if self.newest:
            rows.sort(key=lambda row: (row.updated_at, row.number, row.uid), reverse=True)
        return rows[self.offset : end], len(rows), homes

    def _needs_all_rows(self) -> bool:
        """Whether the first ones are not known without looking at all."""
        return bool(
            self.all_ledgers or self.labels or self.text is not None
            or self.archived is not None or self.workspace is not None
        )

    def _newest(self, world: World) -> tuple[list[Row], int]:
        """Those of the role that changed last, as the index has them in order, and how many there are."""
        roles = tuple(role for role in workflow.ROLES if role != "archived" and self.role in (None, role))
        if not roles:
            return [], 0
        sieve = Sieve(roles=roles, order="updated", limit=self.limit, offset=self.offset)
        counts = world.source.counts()
        return world.source.graph().sift(sieve), sum(counts.get(f"role:{role}", 0) for role in roles)

    def _found(self, world: World) -> tuple[list[Row], dict[str, list[str]]]:
        """The tasks to choose from, and with --all-ledgers the ledgers of each."""
        with_archived = self.archived is not None
        homes: dict[str, list[str]] = {}
        if self.all_ledgers:
            everywhere = rows_everywhere(world, archived=with_archived)
            rows, homes = [item.thing for item in everywhere], {item.thing.uid: item.ledgers for item in everywhere}
        else:
            rows = world.source.rows(archived=with_archived)
        if self.text is not None:
            from gitledger.ops.search import matching

            found = matching(world, self.text, archived=with_archived, is_everywhere=self.all_ledgers)
            rows = [row for row in rows if row.uid in found]
        return (rows if self.archived is None else archived_in(world, rows, homes, self.archived)), homes


def archived_in(world: World, rows: list[Row], homes: dict[str, list[str]], month: str) -> list[Row]:
    """The archived ones of these tasks; with a month (`2026-11`), those that were archived in it."""
    kept = [row for row in rows if row.is_archived]
    if month == "all":
        return kept
    if re.fullmatch(r"[0-9]{4}-(?:0[1-9]|1[0-2])", month) is None:
        raise InvalidInput(
            f"{month[:40]!r} is not a month like 2026-11.", hint=(PROGRAM, "task", "list", "--archived")
        )
    dated = []
    for row in kept:
        home = homes.get(row.uid, [world.ledger])[0]
        record = (world.source if home == world.ledger else world.foreign(home)).record(row.uid)
        if record is not None and (record.archived_at or "").startswith(month):
            dated.append(row)
    return dated


def task_row(row: Row, now: str, is_active: bool, ledgers: list[str] | None = None) -> TaskRow:
    """The listing line of a row; `ledgers` are those that have the task, where all were asked."""
    claim = live_claim(row.claims, now) if row.claims else None
    return TaskRow(
        id=row.id,
        slug=row.slug,
        title=row.title,
        status=row.status,
        status_stage=row.status,
        is_active=is_active,
        active_stage=workflow.RUN_OF_STAGE.get(claim.stage or "") if claim else None,
        accepted_plan_version=row.plan_version,
        uid=row.uid,
        role=row.role,
        priority=row.priority,
        owner=row.owner,
        labels=list(row.labels),
        todos={"total": row.todos_total, "done": row.todos_done},
        updated_at=row.updated_at,
        ledger=ledgers[0] if ledgers else UNSET,
        ledgers=ledgers or UNSET,
    )
