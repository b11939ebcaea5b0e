"""The entries of the ledger: which operation was done when by whom, newest first."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View, task_ref
from gitledger.ops._world import World


class LogEntry(View):
    """One entry. `op` is null for a merge; `actor` is `type:name`; `author` is the person, as git knows them."""

    commit: str
    time: str
    author: str
    email: str
    op: str | None
    subject: str
    tasks: list[str]
    uids: list[str]
    actor: str | None
    session: str | None
    parents: list[str]


class Log(View):
    """Entries, newest first. `total` is null where there are more than these: counting them all takes a long walk."""

    task_id: str | None
    ledger: str
    entries: list[LogEntry]
    total: int | None
    truncated: bool
    kind: Literal["ledger_log"] = "ledger_log"


def log_entry(world: World, entry: Any) -> LogEntry:
    """The view of an entry (store: chain.Entry); tasks by number, by uid where they are not here."""
    uids = [uid for uid in entry.trailers.get("Ledger-Task", "").split(", ") if uid]
    return LogEntry(
        commit=entry.commit,
        time=entry.at,
        author=entry.author,
        email=entry.email,
        op=entry.trailers.get("Ledger-Op"),
        subject=entry.subject,
        tasks=[task_ref(world, uid) or uid for uid in uids],
        uids=uids,
        actor=_decoded(entry.trailers.get("Ledger-Actor")),
        session=_decoded(entry.trailers.get("Ledger-Session")),
        parents=list(entry.parents),
    )


def _decoded(text: str | None) -> str | None:
    """A trailer's value as it was before it was percent-encoded (model/message)."""
    if text is None or "%" not in text:
        return text
    from urllib.parse import unquote

    return unquote(text)


class ShowLog(Operation, frozen=True, kw_only=True):
    """Show the entries of the ledger, or of one task, newest first.

    `git log` on the ledger's ref shows the same.
    """

    command = "log"
    writes = False

    task: Annotated[
        str | None,
        opt("The task: task-0030, 30, its slug or its uid; left out, the whole ledger.", positional_too=True),
    ] = None
    limit: Annotated[int, opt("At most this many (0: all).")] = 50

    def show(self, world: World) -> Log:
        if self.limit < 0:
            raise InvalidInput("--limit must not be negative.", hint=(PROGRAM, "log", "--limit", "0"))
        row = world.find(self.task) if self.task is not None else None
        found = world.source.entries(uid=row.uid if row else None, limit=self.limit + 1 if self.limit else 0)
        shown = found[: self.limit] if self.limit else found
        is_whole = len(shown) == len(found)
        return Log(
            task_id=row.id if row else None,
            ledger=world.ledger,
            entries=[log_entry(world, entry) for entry in shown],
            total=len(found) if is_whole else None,
            truncated=not is_whole,
        )


OPERATIONS: tuple[type[Operation], ...] = (ShowLog,)
