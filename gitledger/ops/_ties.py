"""What ties a source commit to tasks, and how far it can be believed: links and notes count as recorded, messages as claimed."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from gitledger.errors import StorageError
from gitledger.model.mentions import Mentions, mentions_in
from gitledger.model.noteline import NoteLine
from gitledger.model.task import CommitLink, Task
from gitledger.ops._history import SourceCommit
from gitledger.ops._linking import link_of, linked_tasks
from gitledger.ops._world import Source, World

# Where a tie is known from, the surest first.
EVENT, NOTE, CHANGE, TRAILER = "event", "note", "change", "trailer"


class Tie(Struct):
    """A commit and a task. `task` is None where no ledger of this repository has the task of this uid."""

    uid: str
    ledger: str
    task: Task | None
    origins: list[str]
    is_recorded: bool = False
    link: CommitLink | None = None
    number: str | None = None

    @property
    def known(self) -> str:
        """`recorded` by the ledger's events, or only `claimed` by a note or message that anybody may write."""
        return "recorded" if self.is_recorded else "claimed"


class Ties:
    """Reads what ties commits to tasks, of one world; what was read for one commit is kept for the next.

    `ambiguous` gathers numbers in messages that two tasks hold.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.ambiguous: dict[int, None] = {}
        self._events: dict[tuple[str, str], list[Any]] = {}
        self._others: dict[str, Source] | None = None

    def of(self, commit: SourceCommit) -> list[Tie]:
        """Recorded ties first: by links of this ledger, by the commit's note, by its message, by links of other ledgers."""
        world = self.world
        ties: dict[str, Tie] = {}
        for task in linked_tasks(world, [commit.id]):
            ties[task.uid] = Tie(task.uid, world.ledger, task, [EVENT], True, link_of(task, commit.id))
        for line in world.commits.notes(commit.id):
            self._take_note(ties, commit.id, line)
        for uid in self.mentioned(mentions_in(commit.message, world.policy.trailers)):
            if uid in ties:
                ties[uid].origins += [TRAILER] if TRAILER not in ties[uid].origins else []
                continue
            ledger, task = self.located(uid)
            if task is None or not self.was_unlinked(ledger, uid, commit.id):
                ties[uid] = Tie(uid, ledger, task, [TRAILER])
        if not any(tie.is_recorded for tie in ties.values()):
            self._look_elsewhere(ties, commit.id)
        return sorted(ties.values(), key=lambda tie: (not tie.is_recorded, tie.task.number if tie.task else 0, tie.uid))

    def _take_note(self, ties: dict[str, Tie], commit: str, line: NoteLine) -> None:
        """Add what a line of the note says. It counts as recorded where the ledger has that very event about this commit."""
        tie = ties.get(line.task)
        if tie is not None and tie.is_recorded:
            tie.origins += [NOTE] if NOTE not in tie.origins else []
            return
        ledger, task = self.located(line.task, line.ledger)
        is_recorded = task is not None and line.event in self._said(ledger, line.task, commit)
        if task is not None and self.was_unlinked(ledger, line.task, commit):
            return
        link = link_of(task, commit) if task is not None and is_recorded else None
        origins = [EVENT, NOTE] if link is not None else [NOTE]
        ties[line.task] = Tie(line.task, ledger, task, origins, is_recorded, link, line.number)

    def mentioned(self, mentions: Mentions) -> Iterator[str]:
        """The uids that a message names, bare numbers looked up; those that two tasks hold are put aside."""
        yield from mentions.uids
        for number in mentions.numbers:
            rows = self.world.source.lookup(number=number)
            if len(rows) == 1:
                yield rows[0].uid
            elif rows:
                self.ambiguous[number] = None

    # ---------------------------------------------------------------- ledgers

    def located(self, uid: str, named: str | None = None) -> tuple[str, Task | None]:
        """The ledger that has a task, and its record: this one, else the one named, else any; None where none has it."""
        world = self.world
        record = world.record(uid)
        if record is not None and record.deleted_at is None:
            return world.ledger, record
        others = self._open_others()
        for ledger in sorted(others, key=lambda name: name != named):
            record = others[ledger].record(uid)
            if record is not None and record.deleted_at is None:
                return ledger, record
        return named or world.ledger, None

    def _open_others(self) -> dict[str, Source]:
        """The other ledgers of the repository; one that cannot be read is left out, with a warning."""
        if self._others is None:
            self._others = {}
            for name in self.world.ledgers():
                try:
                    if name != self.world.ledger:
                        self._others[name] = self.world.foreign(name)
                except StorageError as error:
                    self.world.warnings.append(f"Ledger {name} could not be read: {error.message}")
        return self._others

    def _look_elsewhere(self, ties: dict[str, Tie], commit: str) -> None:
        """Links of other ledgers; asked only where this one knows nothing for certain."""
        for ledger, source in self._open_others().items():
            for row in source.rows_of_commit(commit):
                task = source.record(row.uid)
                if task is not None and (row.uid not in ties or not ties[row.uid].is_recorded):
                    before = ties[row.uid].origins if row.uid in ties else []
                    ties[row.uid] = Tie(row.uid, ledger, task, [EVENT, *before], True, link_of(task, commit))

    # ---------------------------------------------------------------- events

    def was_unlinked(self, ledger: str, uid: str, commit: str) -> bool:
        """Whether the last word on a commit is that it does not belong to the task."""
        said = list(self._said(ledger, uid, commit).values())
        return bool(said) and said[-1] == "commit.unlinked"

    def vouches(self, task: Task, commit: str) -> bool:
        """Whether a line in the commit's note names an event of this ledger that ties it to the task."""
        said = self._said(self.world.ledger, task.uid, commit)
        return any(line.task == task.uid and line.event in said for line in self.world.commits.notes(commit))

    def _said(self, ledger: str, uid: str, commit: str) -> dict[str, str]:
        """The events of a task that link or unlink a commit, in order: id → type."""
        key = (ledger, uid)
        if key not in self._events:
            source = self.world.source if ledger == self.world.ledger else self.world.foreign(ledger)
            self._events[key] = [event for event in source.events(uid) if event.type.startswith("commit.")]
        return {event.id: event.type for event in self._events[key] if event.data.commit == commit}
