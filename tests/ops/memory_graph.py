"""The work graph over folded states, in plain Python: what the index of a real ledger has to agree with."""

from collections import Counter
from collections.abc import Callable, Sequence

from gitledger.model import readiness
from gitledger.model.listing import Sieve, Wanted, ready_order, row_of, sibling_order
from gitledger.model.task import Edge, Row, Task, edges_of
from gitledger.ops._world import live_claim
from gitledger.ops.guards import is_satisfied


class MemoryGraph:
    """A `Graph` over the tasks that `read` answers, deleted ones too."""

    def __init__(self, read: Callable[[], list[Task]], directory: Callable[[Task], str] = lambda task: "") -> None:
        self.read = read
        self.directory = directory

    def _row(self, task: Task) -> Row:
        return row_of(task, self.directory(task))

    @property
    def tasks(self) -> dict[str, Task]:
        return {task.uid: task for task in sorted(self.read(), key=lambda task: (task.number, task.uid))}

    def _listed(self) -> list[Task]:
        return [task for task in self.tasks.values() if task.deleted_at is None and task.archived_at is None]

    # ------------------------------------------------------------ readiness

    def why(self, task: Task, wanted: Wanted) -> str | None:
        """What is in the way of who asks, None where nothing is."""
        found = readiness.hindrance(task)
        if found in ("finished", "on_hold"):
            return found
        claim = live_claim(task.claims, wanted.now)
        if claim is not None and (claim.holder != wanted.holder or not wanted.with_mine):
            return "mine" if claim.holder == wanted.holder else "claimed"
        if wanted.statuses and task.status not in wanted.statuses:
            return "other_stage"
        if self.unmet([task.uid])[task.uid]:
            return "dependencies"
        next_run = readiness.due_moment(task.next_run_at)
        if next_run is not None and next_run > wanted.now:
            return "scheduled"
        return None if found == "waiting_for_user" and wanted.is_person else found

    def ready(self, wanted: Wanted) -> tuple[list[Row], int]:
        found = [
            self._row(task)
            for task in self._listed()
            if self.why(task, wanted) is None
            and task.uid not in wanted.without
            and set(wanted.labels) <= set(task.labels)
            and _has_any(task, wanted.any_label)
        ]
        found.sort(key=lambda row: ready_order(row, wanted))
        return found[: wanted.limit or None], len(found)

    def hindered(self, wanted: Wanted) -> dict[str, int]:
        counts = Counter(self.why(task, wanted) for task in self._listed())
        return {why: many for why, many in counts.items() if why is not None}

    def blocked(self, limit: int, any_label: frozenset[str] = frozenset()) -> tuple[list[Row], int]:
        found = []
        for task in filter(lambda task: _has_any(task, any_label), self.tasks.values()):
            why = readiness.hindrance(task)
            if why != "finished" and (why == "on_hold" or self.unmet([task.uid])[task.uid]):
                found.append(self._row(task))
        found.sort(key=lambda row: (readiness.priority_rank(row.priority), row.created_at, row.number, row.uid))
        return found[: limit or None], len(found)

    def stale(self, before: dict[str, str], limit: int, any_label: frozenset[str] = frozenset()) -> tuple[list[Row], int]:
        rows = [self._row(task) for task in self._listed() if _has_any(task, any_label)]
        found = [row for row in rows if row.role in before and row.updated_at < before[row.role]]
        found.sort(key=lambda row: (row.updated_at, row.number, row.uid))
        return found[: limit or None], len(found)

    def sift(self, sieve: Sieve) -> list[Row]:
        found = []
        for task in self.tasks.values():
            row = self._row(task)
            moment = {
                "created": task.created_at,
                "updated": task.updated_at,
                "due": readiness.due_moment(task.due),
                "next_run": readiness.due_moment(task.next_run_at),
            }[sieve.order]
            if (
                task.deleted_at is None
                and sieve.takes(row)
                and (sieve.after is None or (moment or "") > sieve.after)
                and (sieve.until is None or (moment is not None and moment <= sieve.until))
            ):
                found.append(((moment or "", task.number, task.uid), row))
        found.sort(key=lambda pair: pair[0], reverse=sieve.newest)
        return [row for _, row in found[sieve.offset : sieve.offset + sieve.limit]]

    def roles(self, any_label: frozenset[str] = frozenset()) -> dict[str, int]:
        rows = [self._row(task) for task in self.tasks.values() if task.deleted_at is None]
        return dict(Counter(row.role for row in rows if not any_label or any_label & set(row.labels)))

    def unmet(self, uids: Sequence[str]) -> dict[str, int]:
        found = {}
        for uid in set(uids) & set(self.tasks):
            task = self.tasks[uid]
            edges = [] if task.deleted_at else edges_of(task)
            found[uid] = sum(edge.blocks and not edge.is_waived and not self._is_met(edge, task) for edge in edges)
        return found

    def _is_met(self, edge: Edge, task: Task) -> bool:
        other = self.tasks.get(edge.on)
        return other is not None and is_satisfied(self._row(other), edge.unblock_at, task.workflow)

    def claimed(self, now: str) -> list[Row]:
        return [self._row(task) for task in self.tasks.values() if live_claim(task.claims, now)]

    # ------------------------------------------------------------ edges

    def edges(self) -> list[Edge]:
        found = [edge for task in self.tasks.values() if task.deleted_at is None for edge in edges_of(task)]
        return sorted(found, key=lambda edge: (edge.task, edge.on))

    def needs(self, uids: Sequence[str]) -> list[Edge]:
        tasks = [self.tasks[uid] for uid in sorted(set(uids) & set(self.tasks))]
        return [edge for task in tasks if task.deleted_at is None for edge in edges_of(task)]

    def needed_by(self, uids: Sequence[str]) -> list[Edge]:
        return [edge for edge in self.edges() if edge.on in uids]

    def rows(self, uids: Sequence[str]) -> list[Row]:
        return [self._row(self.tasks[uid]) for uid in dict.fromkeys(uids) if uid in self.tasks]

    # ------------------------------------------------------------ hierarchy and labels

    def children(self, parent: str | None, limit: int) -> tuple[list[Row], int]:
        listed = self._listed()
        known = {task.uid for task in listed}
        rows = [
            self._row(task)
            for task in listed
            if (task.parent == parent if parent is not None else task.parent not in known)
        ]
        return sorted(rows, key=sibling_order)[: limit or None], len(rows)

    def child_counts(self, uids: Sequence[str]) -> dict[str, tuple[int, int]]:
        found = {}
        for uid in uids:
            children = [task for task in self._listed() if task.parent == uid]
            if children:
                found[uid] = len(children), sum(readiness.hindrance(task) == "finished" for task in children)
        return found

    def labels(self) -> dict[str, int]:
        return dict(sorted(Counter(label for task in self._listed() for label in task.labels).items()))


def _has_any(task: Task, labels: frozenset[str]) -> bool:
    return not labels or bool(labels & set(task.labels))
