"""Giving a ledger another name, and giving a ledger up: nothing that nobody else has is lost, nothing keeps pointing at it."""

from datetime import datetime, timezone
from typing import Any

import time

from msgspec import Struct, field

from gitledger.errors import Conflict, LostRace, Refused
from gitledger.git import list_settings
from gitledger.ledger import pointers
from gitledger.ledger.recording import PATIENCE_S, give_up
from gitledger.ledger.refs import Ledgers
from gitledger.ledger.shell import resolve
from gitledger.model import ids
from gitledger.ops._facts import PROGRAM
from gitledger.ops._forking import CloseLedger
from gitledger.store import names
from gitledger.store.repo import check_ledger_name

MAX_NAMED = 20


class Renamed(Struct):
    """What `rename` did."""

    tip: str
    settings: list[str]
    warnings: list[str]
    changed: bool


class Deleted(Struct):
    """What `delete` did. Without `trash` the ledger is still there."""

    tip: str
    trash: str | None
    is_closed: bool
    unshared: int
    next_command: str | None
    events: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def rename(ledgers: Ledgers, old: str, new: str) -> Renamed:
    """Give a ledger another name; settings, the active tasks and the branches that work in it follow."""
    check_ledger_name(new)
    tip = ledgers.tip(old)
    if old == new:
        return Renamed(tip, [], [], False)
    deadline = time.monotonic() + PATIENCE_S
    while True:
        tip = ledgers.tip(old)
        try:
            names.rename(ledgers.repo, old, new, tip)
            break
        except LostRace as lost:
            give_up(ledgers.ledger, lost, deadline)
            time.sleep(0.01)
    changed = _settings_follow(ledgers, old, new)
    pointers.rename(ledgers.repo, old, new)
    _forget_index(ledgers, old)
    remotes = ledgers.remotes_of(old)
    warnings = [f"{', '.join(remotes)} still has it as {old}; others go on there."] if remotes else []
    return Renamed(tip, changed, warnings, True)


def _settings_follow(ledgers: Ledgers, old: str, new: str) -> list[str]:
    was_current = resolve(ledgers.repo, ledgers.ledger.config, None)[0] == old
    wanted: dict[str, str | None] = {}
    for name, value in list_settings(ledgers.git, is_local=True):
        if name == f"taskledger.{old}.parent":
            wanted |= {name: None, f"taskledger.{new}.parent": value}
        elif value == old and _names_a_ledger(name):
            wanted[name] = new
    if _has_branch(ledgers, old) and f"branch.{old}.taskledger" not in wanted:
        wanted[f"branch.{old}.taskledger"] = new
    ledgers.apply_settings(wanted)
    if was_current and resolve(ledgers.repo, ledgers.ledger.config, None)[0] != new:
        wanted["taskledger.default"] = new
        ledgers.apply_settings({"taskledger.default": new})
    return sorted(wanted)


def _has_branch(ledgers: Ledgers, name: str) -> bool:
    if name == ledgers.branch:
        return True
    from gitledger.store.tracking import read_ref

    return read_ref(ledgers.repo, f"refs/heads/{name}") is not None


def delete(ledgers: Ledgers, name: str, *, force: bool = False, reason: str | None = None) -> Deleted:
    """Delete a ledger; refuse while it holds events that nobody else has; close a shared one first."""
    tip = ledgers.tip(name)
    if name == ledgers.current and not force:
        raise Conflict(
            f"{name} is the ledger that you work in; switch to another one first.",
            code="CURRENT_LEDGER",
            hint=(PROGRAM, "ledger", "list"),
        )
    alone = _unshared(ledgers, name, tip)
    if alone and not force and not _only_closes(alone):
        raise _refused(ledgers, name, alone)
    closing = _close_shared(ledgers, name, reason) if not alone or force else []
    # Only what was looked at may go; the closing entry itself comes on top of it.
    tip = ledgers.tip(name) if closing else tip
    is_closed = bool(closing) or _is_closed(ledgers, name)
    unpublished = bool(ledgers.remotes_of(name)) and bool(closing or alone)
    if unpublished and not force:
        warning = f"Ledger {name} is closed and still here: sync, so that nobody brings it back, then delete it again."
        return Deleted(tip, None, is_closed, len(alone) + len(closing), f"{PROGRAM} sync", closing, [warning])
    kept = _remove(ledgers, name, tip)
    return Deleted(tip, kept, is_closed, len(alone), None, closing)


def _remove(ledgers: Ledgers, name: str, tip: str) -> str:
    now = ledgers.ledger.config.test_now or ids.format_time(datetime.now(timezone.utc))
    stamp = now[:19].replace("-", "").replace(":", "") + "Z"
    try:
        kept = names.remove(ledgers.repo, name, tip, stamp)
    except LostRace as lost:
        raise Conflict(
            f"Somebody wrote to ledger {name} just now; look at it, then delete it again.",
            code="LOST_RACE",
            hint=(PROGRAM, "ledger", "log", name),
        ) from lost
    _settings_forget(ledgers, name)
    pointers.forget(ledgers.repo, name)
    _forget_index(ledgers, name)
    return kept


def _unshared(ledgers: Ledgers, name: str, tip: str) -> list[Any]:
    from gitledger.store.diff import unshared
    from gitledger.store.names import tracked_ledgers

    own = [other for ledger, other in ledgers.repo.ledgers().items() if ledger != name]
    return unshared(ledgers.repo.pg, tip, [*own, *tracked_ledgers(ledgers.repo).values()])


def _only_closes(events: list[Any]) -> bool:
    return all(event.type == "ledger.closed" for event in events)


def _refused(ledgers: Ledgers, name: str, alone: list[Any]) -> Refused:
    with ledgers.open(name) as snapshot:
        rows = {event.task: snapshot.row(event.task) for event in alone if event.task}
    named = []
    for event in alone[:MAX_NAMED]:
        row = rows.get(event.task)
        task = {"uid": event.task, "task_id": row.id if row is not None else None}
        named.append({"event": event.id, "type": event.type, "at": event.at, "op": event.op, **task})
    words = ", ".join(f"{item['task_id'] or 'book'} {item['type']}" for item in named)
    more = f" and {len(alone) - MAX_NAMED} more" if len(alone) > MAX_NAMED else ""
    many = f"{len(alone)} event{'' if len(alone) == 1 else 's'}"
    return Refused(
        f"Ledger {name} holds {many} that no other ledger and no remote has: {words}{more}.",
        code="UNSHARED_EVENTS",
        hint=(PROGRAM, "ledger", "merge", name),
        remediation=("Merge it into another ledger, or sync it; or say why it may go: --force --reason.",),
        details={"events": named, "total": len(alone)},
    )


def _close_shared(ledgers: Ledgers, name: str, reason: str | None) -> list[str]:
    """Close a ledger that a remote was seen to have, if it is open; returns the event's id."""
    if not ledgers.remotes_of(name) or _is_closed(ledgers, name):
        return []
    outcome = ledgers.run(name, CloseLedger(reason=(reason or "").strip() or "It is to be deleted."))
    return outcome.events


def _is_closed(ledgers: Ledgers, name: str) -> bool:
    with ledgers.open(name) as snapshot:
        return snapshot.book().closed_at is not None


def _settings_forget(ledgers: Ledgers, name: str) -> None:
    """No setting names the ledger any more; what was forked from it counts as forked from its parent."""
    parent = ledgers.parent(name)
    found = list_settings(ledgers.git, is_local=True)
    gone: dict[str, str | None] = {key: None for key, value in found if value == name and _names_a_ledger(key)}
    adopted = {key: parent for key in gone if key.startswith("taskledger.") and key != "taskledger.default"}
    own = {key: None for key, _ in found if key == f"taskledger.{name}.parent"}
    ledgers.apply_settings({**gone, **adopted, **own})


def _forget_index(ledgers: Ledgers, name: str) -> None:
    from gitledger.store.index import remove_files
    from gitledger.store.refresh import index_path

    try:
        remove_files(index_path(ledgers.repo, name))
    except OSError:
        return  # A cache; whoever reads next sees that it is of another tip.


def _names_a_ledger(setting: str) -> bool:
    """Whether the value of this git setting is a ledger's name."""
    first, _, rest = setting.partition(".")
    last = rest.rpartition(".")[2]
    return (first, last) in (("branch", "taskledger"), ("taskledger", "parent"), ("taskledger", "default"))
