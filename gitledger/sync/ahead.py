"""What only adds to what the remote was last seen to have is sent before anything is fetched: the fetch after it shows it there."""

from typing import TYPE_CHECKING

from gitledger.errors import StorageError
from gitledger.git.remote import Push
from gitledger.ops.sync import LedgerSync
from gitledger.store import memory, tracking
from gitledger.store.ancestry import contains
from gitledger.store.merge import Merged
from gitledger.sync.notes import plan_notes
from gitledger.sync.plan import Plan, Seen
from gitledger.sync.remote import Remote
from gitledger.sync.settle import settle
from gitledger.sync.tries import refuse

if TYPE_CHECKING:
    from gitledger.sync.planning import Planner


def send_ahead(sync: "Planner", remote: Remote, *, every: bool) -> tuple[dict[str, LedgerSync], str]:
    """Push what is ahead of the tracking refs, against what those hold: the ledgers that the remote took, and what became of notes.

    Where others sync too, this would mostly be in vain: what the last sync brought in tells. A push that comes
    too late changes nothing, and the usual order (fetch, merge, push) follows in any case.
    """
    known = memory.recall(sync.repo, remote.name)
    has_other_address = sync.repo.setting(f"remote.{remote.name}.pushurl") is not None
    if known.has_company or known.namespace != remote.namespace or has_other_address:
        return {}, "none"
    seen = Seen(tracking.tracked(sync.repo, remote.name), set(), tracking.read_ref(sync.repo, remote.tracking_notes))
    local = sync.repo.ledgers()
    names = [name for name in sorted(local) if (sync.is_shared(name) if every else name == sync.ledger.name)]
    plans = [plan for name in names if (plan := _plan(sync, name, local[name], seen)) is not None]
    if not plans:
        return {}, "none"
    said, pushes = plan_notes(sync, remote, seen)
    if said != "sent":
        pushes = []
    pushes += [Push(remote.ref(plan.name), plan.target, plan.published) for plan in plans]
    answers = sync._push(remote, pushes)
    refuse(sync, remote, [answer for answer in answers.values() if answer.outcome == "refused"], is_final=False)
    has_noted = remote.notes in answers and answers[remote.notes].outcome == "done"
    if has_noted:
        sync.track(remote.tracking_notes, seen.notes, sync.sent[remote.notes])
    taken = [plan for plan in plans if answers[remote.ref(plan.name)].outcome == "done"]
    return {plan.name: sync.take(remote, plan, was_pushed=True) for plan in taken}, "sent" if has_noted else "none"


def _plan(sync: "Planner", name: str, ours: str, seen: Seen) -> Plan | None:
    """The plan to send a ledger as it is; None where there is nothing to send, or more to do than that."""
    published = seen.tips.get(name)
    if published is None or published == ours:
        return None
    try:
        if not contains(sync.repo.pg, ours, published) or sync.closed(published) is not None:
            return None
        settled = settle(sync.ledger.at(name) if name != sync.ledger.name else sync.ledger, ours, published)
    except StorageError:
        return None  # What is wrong shows again, and is told, when it is met in the usual order.
    if settled.tip != ours or settled.skipped:
        return None
    return Plan(name, ours, published, ours, Merged(ours, "ahead"), settled)
