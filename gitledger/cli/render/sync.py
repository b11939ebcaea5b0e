"""Exchanging ledgers, for people: one line where there was nothing to do, else what came in, went out and was settled."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.text import count, moment, one_line

_WORDS = {
    "in_sync": "in sync with {remote}",
    "started": "started from {remote}",
    "received": "received from {remote}",
    "sent": "sent to {remote}",
    "merged": "merged with {remote}",
    "behind": "behind {remote}",
    "ahead": "ahead of {remote}",
    "diverged": "apart from {remote}",
    "closed": "closed",
    "gone": "gone from {remote}",
    "unsound": "not merged with {remote}",
}
_GOOD = ("in_sync", "started", "received", "sent", "merged")


def render_synced(view: Any, op: Any, console: Console) -> None:
    """Each ledger on a line, and below it what changed."""
    where = "the bundle" if view.remote == "@bundle" else view.remote
    for ledger in view.ledgers:
        words = _WORDS[ledger.status].format(remote=one_line(where))
        style = "green" if ledger.status in _GOOD else "yellow"
        told = _told(ledger)
        console.line(f"ledger {one_line(ledger.ledger)}: ", Styled(words, style), f" ({told})" if told else "")
        for move in ledger.renumbered:
            console.line(f"  renumbered {move.old} → {move.new}  {one_line(move.title)}  ", Styled(move.uid[:8], "dim"))
        for claim in ledger.claims_ended:
            first = claim.first.actor_name if claim.first is not None else "another"
            console.line(f"  claim on {claim.task_id} ended: {one_line(first)} had claimed it first")
    if not view.ledgers:
        console.line(f"nothing of {one_line(where)} is a ledger here")
    if view.notes not in ("none", "in_sync"):
        console.line(f"notes: {view.notes}")
    if view.remote_only:
        names = ", ".join(one_line(name) for name in view.remote_only)
        console.line(f"only at {one_line(where)}: {names} ", Styled("(gitledger ledger switch NAME)", "dim"))


def _told(ledger: Any) -> str:
    parts = []
    if ledger.new_events:
        came = [count(ledger.new_tasks, "new task")] if ledger.new_tasks else []
        came += [f"{count(ledger.united_tasks, 'task')} changed"] if ledger.united_tasks else []
        parts.append("in: " + ", ".join([*came, count(ledger.new_events, "event")]))
    if ledger.sent_entries:
        parts.append("out: " + count(ledger.sent_entries, "entry", "entries"))
    if ledger.message and ledger.status not in ("gone",):
        parts.append(one_line(ledger.message))
    return "; ".join(parts)


def render_bundled(view: Any, op: Any, console: Console) -> None:
    """Where the bundle is."""
    names = ", ".join(one_line(name) for name in view.ledgers)
    console.line(f"wrote {one_line(view.file)}: {names}")


def render_status(view: Any, op: Any, console: Console) -> None:
    """How the ledger stands to the remote."""
    if view.published is None:
        said = Styled("not published yet", "yellow")
    elif not view.ahead and not view.behind:
        said = Styled("in sync", "green")
    else:
        said = Styled(f"{view.ahead} ahead, {view.behind} behind", "yellow")
    console.line(f"ledger {one_line(view.ledger)} and {one_line(view.remote)}: ", said)
    console.fields(
        [
            ("url", view.url),
            ("namespace", view.namespace),
            ("last sync", moment(view.last_sync) or "never"),
            ("plain git fetch brings it along", view.is_set_up),
            ("only there", [one_line(name) for name in view.remote_only]),
            ("gone from there", [one_line(name) for name in view.gone]),
        ],
        indent=2,
    )
    if view.tasks:
        console.line("  unpublished:")
        rows = [[task.task_id, "new" if task.is_new else "changed", one_line(task.title)] for task in view.tasks]
        console.table(rows, grow=2, indent=4)
    for claim in view.claims:
        who = claim.holder.actor_name if claim.holder is not None else "somebody"
        console.line(f"  provisional: the claim of {one_line(who)} on {claim.task_id}")


def render_setup(view: Any, op: Any, console: Console) -> None:
    """What was written."""
    if view.changed:
        console.line(f"set {one_line(view.setting)} to {one_line(view.refspec)}")
    else:
        console.line(f"{one_line(view.setting)} has {one_line(view.refspec)} already; nothing changed")


RENDERERS: dict[str, Renderer] = {
    "Synced": render_synced,
    "Bundled": render_bundled,
    "RemoteStatus": render_status,
    "RemoteSetup": render_setup,
}
