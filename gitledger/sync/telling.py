"""What came of an exchange, as the answer tells it."""

from collections.abc import Iterable
from typing import Any

from gitledger.ops.sync import LedgerSync, Synced
from gitledger.store import meeting
from gitledger.store.repo import Repository
from gitledger.sync.plan import Plan, Seen
from gitledger.sync.remote import Remote


def state(
    repo: Repository, name: str, seen: Seen, status: Any, *, previous: str | None = None, message: str | None = None
) -> LedgerSync:
    """A ledger on which nothing more was done."""
    tip = repo.tip(name)
    return LedgerSync(
        ledger=name, status=status, previous=previous or tip, tip=tip, published=seen.tips.get(name), message=message
    )


def standing(repo: Repository, name: str, seen: Seen) -> LedgerSync:
    """How a ledger here stands to the remote's, after a fetch."""
    ours, published = repo.tip(name), seen.tips.get(name)
    if ours is None or published is None:
        return state(repo, name, seen, "gone" if name in seen.gone else "ahead")
    apart = meeting.distance(repo, ours, published)
    status = ("diverged" if apart.behind else "ahead") if apart.ahead else ("behind" if apart.behind else "in_sync")
    told = f"{apart.ahead} ahead, {apart.behind} behind" if status != "in_sync" else None
    return state(repo, name, seen, status, message=told)


def report(repo: Repository, plan: Plan, *, was_pushed: bool) -> LedgerSync:
    """What a plan that was carried out came to."""
    merged = plan.merged
    came_in = merged.kind in ("forward", "merge") and plan.ours != plan.target
    status = ("merged" if came_in else "sent") if was_pushed else ("received" if came_in else "in_sync")
    if not was_pushed and merged.kind == "merge":
        status = "merged"
    if not was_pushed and merged.kind == "ahead":
        status = "ahead"
    sent = 0
    if was_pushed:
        sent = meeting.entries_over(repo, plan.target, plan.published)
    return LedgerSync(
        ledger=plan.name,
        status=status,
        previous=plan.ours,
        tip=plan.target,
        published=plan.target if was_pushed else plan.published,
        new_tasks=len(merged.new),
        united_tasks=len(merged.united),
        new_events=merged.events,
        sent_entries=sent,
        renumbered=plan.settled.renumbered,
        claims_ended=plan.settled.claims_ended,
    )


def synced(repo: Repository, remote: Remote, seen: Seen, done: Iterable[LedgerSync], said: str, attempts: int) -> Synced:
    """The answer about all ledgers."""
    ledgers = list(done)
    local = repo.ledgers()
    return Synced(
        remote=remote.name,
        ledgers=ledgers,
        remote_only=sorted(name for name in seen.tips if name not in local),
        notes=said,
        attempts=attempts,
        changed=said not in ("none", "in_sync")
        or any(one.status in ("started", "received", "sent", "merged") for one in ledgers),
    )
