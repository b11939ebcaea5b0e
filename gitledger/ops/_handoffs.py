"""Handoffs: how they are shown, and the rules about who may claim one and what happens to the claim on the task."""

from collections.abc import Iterable
from typing import Any

from msgspec import structs

from gitledger.errors import Conflict, Refused
from gitledger.model.task import Claim, Handoff, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._commands import on_task
from gitledger.ops._contexts import CAUTION
from gitledger.ops._facts import Blocker
from gitledger.ops._views import ActorView, View, actor_view, ref_of, refs_of
from gitledger.ops._world import World, live_claim

ANY = "any"


class HandoffBrief(View):
    """A handoff without its context. `context_path` is where git has that: `git show PATH`."""

    handoff_id: str
    task_id: str
    mode: str
    context_for: str
    scope: str
    todo_id: str | None
    focus_run_id: str | None
    context_format: str
    context_hash: str
    context_path: str | None
    generated_at: str
    status: str
    lock_policy: str
    created_at: str
    created_by: ActorView | None
    created_from_harness: str | None
    intended_actor_type: str | None
    intended_actor_name: str | None
    intended_harness: str | None
    source_run_id: str | None
    resumes_run_id: str | None
    claim_run_id: str | None
    released_lock_id: str | None
    claimed_at: str | None
    claimed_by: ActorView | None
    claimed_in_harness: str | None
    closed_at: str | None
    closed_by: ActorView | None
    close_reason: str | None
    summary: str | None
    next_action: str | None
    event: str


class HandoffView(HandoffBrief):
    """A handoff with the context that was stored."""

    context_body: str


def handoff_briefs(world: World, task: Task, items: Iterable[Handoff]) -> list[HandoffBrief]:
    """Handoffs of the task without their contexts."""
    refs, runs, todos = refs_of(task.handoffs), refs_of(task.runs), refs_of(task.todos)
    row = world.row(task.uid)
    folder = f"{world.place.ref}:{row.directory}/" if row is not None and row.directory else None
    return [
        HandoffBrief(
            handoff_id=refs[item.id],
            task_id=task.id,
            mode=item.mode,
            context_for=item.context_for,
            scope=item.scope,
            todo_id=todos.get(item.todo or ""),
            focus_run_id=runs.get(item.run or ""),
            context_format="markdown",
            context_hash=item.digest,
            context_path=f"{folder}{item.file}" if folder else None,
            generated_at=item.at,
            status=item.status,
            lock_policy=item.claim_policy,
            created_at=item.at,
            created_by=actor_view(item.by),
            created_from_harness=item.by.harness,
            intended_actor_type=item.intended_type,
            intended_actor_name=item.intended_name,
            intended_harness=item.intended_harness,
            source_run_id=runs.get(item.source_run or ""),
            resumes_run_id=runs.get(item.source_run or "") if item.claim_policy == "transfer" else None,
            claim_run_id=runs.get(item.claim_run or ""),
            released_lock_id=item.released_claim,
            claimed_at=item.claimed_at,
            claimed_by=actor_view(item.claimed_by),
            claimed_in_harness=item.claimed_by.harness if item.claimed_by else None,
            closed_at=item.closed_at,
            closed_by=actor_view(item.closed_by),
            close_reason=item.closed_reason,
            summary=item.summary,
            next_action=item.next_action,
            event=item.id,
        )
        for item in items
    ]


def handoff_brief(world: World, task: Task, handoff: Handoff) -> HandoffBrief:
    """A handoff without its context."""
    return handoff_briefs(world, task, [handoff])[0]


def handoff_view(world: World, task: Task, handoff: Handoff) -> HandoffView:
    """A handoff with its context."""
    brief = structs.asdict(handoff_brief(world, task, handoff))
    return HandoffView(**brief, context_body=world.text(task, handoff.file))


def handoff_named(world: World, task: Task, reference: str) -> Handoff:
    """The one handoff of the task that `reference` names."""
    return world.item(task.handoffs, "handoff", reference, task)


def handoff_text(view: HandoffView) -> str:
    """The handoff for people: what it is on a few lines, then the context."""
    meant = " ".join(filter(None, (view.intended_actor_type, view.intended_actor_name)))
    facts = {
        "task": view.task_id,
        "mode": f"{view.mode} ({view.context_for})",
        "status": view.status,
        "meant for": ", ".join(filter(None, (meant, view.intended_harness))),
        "claim on the task": view.lock_policy if view.lock_policy != "none" else None,
        "summary": view.summary,
        "next": view.next_action,
        "digest": view.context_hash,
    }
    lines = [f"{view.handoff_id}", *(f"  {name}: {' '.join(said.split())}" for name, said in facts.items() if said)]
    return "\n".join([*lines, "", f"> {CAUTION}", "", view.context_body])


def given_text(text: str | None) -> str | None:
    """What was said, or None where that is nothing."""
    return (text or "").strip() or None


# ---------------------------------------------------------------------------------------------- rules


def _refuse(task: Task, blockers: list[Blocker]) -> Any:
    return guards.refusal(Refused, task, blockers)


def _find_not_mine_to_give(world: World, task: Task, op: Any) -> list[Blocker]:
    if op.lock_policy not in ("transfer", "release"):
        return []
    claim = live_claim(task.claims, world.now)
    if claim is not None and claim.holder == world.actor.holder():
        return []
    who = f"{claim.actor.type} {claim.actor.name} holds {task.id}" if claim else f"nobody holds {task.id}"
    message = f"--lock-policy {op.lock_policy} gives your claim on the task away, and {who}."
    return [Blocker("lock", message, ref=task.id, command=on_task(task, "lock", "show"))]


# Only who holds the task can say what becomes of the claim on it.
holds_what_is_given = guards.Rule(
    "holds what is given",
    _find_not_mine_to_give,
    lambda task, blockers: guards.refusal(Conflict, task, blockers, code="LOCK_CONFLICT"),
)


def is_mine(world: World, handoff: Handoff) -> bool:
    """Whether the actor has claimed the handoff already."""
    return handoff.status == "claimed" and handoff.claimed_holder == world.actor.holder()


def status_rule(verb: str, *statuses: str) -> guards.Rule:
    """The handoff has one of these statuses; a claim by the actor may be said again."""

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        handoff = handoff_named(world, task, op.handoff)
        if handoff.status in statuses or (verb == "claim" and is_mine(world, handoff)):
            return []
        ref = ref_of(task.handoffs, handoff)
        by = handoff.claimed_by if handoff.status == "claimed" else handoff.closed_by
        who = f" by {by.type} {by.name}" if by is not None else ""
        message = f"{ref} of {task.id} is {handoff.status}{who}; `handoff {verb}` needs one that is {' or '.join(statuses)}."
        return [Blocker("handoff", message, ref=ref, command=on_task(task, "handoff", "show", ref))]

    def refuse(task: Task, blockers: list[Blocker]) -> Any:
        return guards.refusal(Conflict if verb == "claim" else Refused, task, blockers)

    return guards.Rule(f"handoff {verb}", find, refuse)


def _find_not_intended(world: World, task: Task, op: Any) -> list[Blocker]:
    handoff, actor = handoff_named(world, task, op.handoff), world.actor
    wanted = (
        ("actor", handoff.intended_type, actor.type),
        ("actor named", handoff.intended_name, actor.name),
        ("harness", handoff.intended_harness, actor.harness),
    )
    ref = ref_of(task.handoffs, handoff)
    show = on_task(task, "handoff", "show", ref)
    return [
        Blocker("handoff", f"{ref} is meant for the {what} {meant}, and you are {here or 'unknown'}.", ref=ref, command=show)
        for what, meant, here in wanted
        if meant not in (None, ANY, here)
    ]


# The actor, and the program that it works in, are those whom the handoff is meant for.
intended_for_actor = guards.Rule("intended for the actor", _find_not_intended, _refuse)


def _find_foreign_claim(world: World, task: Task, op: Any) -> list[Blocker]:
    """Somebody else's claim, where the handoff gives one away; that of whoever made the handoff is the one given."""
    handoff = handoff_named(world, task, op.handoff)
    if handoff.claim_policy != "transfer" or handoff.status != "open":
        return []
    claim = _claim_rules.claimed_by_other(world, task)
    if claim is None:
        found = _claim_rules.claimed_elsewhere(world, task)
        claim = found[2] if found is not None else None
    if claim is None or claim.holder == handoff.holder:
        return []
    return _claim_rules.not_claimed_by_other.find(world, task, op)


# Nobody but who made the handoff holds what it hands over.
free_to_take = guards.Rule("free to take", _find_foreign_claim, _claim_rules.refuse_claimed)


def given_claims(task: Task, handoff: Handoff) -> list[Claim]:
    """The open claims of whoever made the handoff."""
    return [claim for claim in task.claims if claim.holder == handoff.holder]
