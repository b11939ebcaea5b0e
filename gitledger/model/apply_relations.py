"""Who works on a task, what it waits for, and what is said of it, as events tell it."""

from gitledger.model.applying import Table
from gitledger.model.ids import later
from gitledger.model.task import Actor, Claim, Comment, Dependency, Note, Override, Waiver
from gitledger.model.texts import encode_name

RELATIONS = Table()


@RELATIONS.applies("claim.taken")
def _claim_taken(state, event, data) -> None:
    kept = [claim for claim in state.task.claims if claim.id not in data.over]
    lease = max(0, data.lease_s)
    state.task.claims = [
        *kept,
        Claim(
            id=event.id,
            holder=event.actor.holder(),
            actor=event.actor.brief(),
            at=event.at,
            until=later(event.at, lease),
            lease_s=lease,
            stage=data.stage,
            run=data.run,
            reason=data.reason,
        ),
    ]


@RELATIONS.applies("claim.released")
@RELATIONS.applies("claim.broken")
def _claim_ended(state, event, data) -> None:
    state.task.claims = [claim for claim in state.task.claims if claim.id != data.claim]


def _dependency(state, data) -> Dependency | None:
    return next((dep for dep in state.task.dependencies if dep.on == data.on and dep.type == data.kind), None)


@RELATIONS.applies("dependency.added")
def _dependency_added(state, event, data) -> None:
    known = _dependency(state, data)
    state.set(event, f"dependency {data.kind} {data.on}", data.unblock_at)
    if known is None:
        state.task.dependencies.append(Dependency(event.id, data.on, data.kind, data.unblock_at, event.at))
    else:
        known.unblock_at = data.unblock_at


@RELATIONS.applies("dependency.removed")
def _dependency_removed(state, event, data) -> None:
    state.task.dependencies = [
        dep for dep in state.task.dependencies if not (dep.on == data.on and dep.type == data.kind)
    ]


@RELATIONS.applies("dependency.waived")
def _dependency_waived(state, event, data) -> None:
    known = _dependency(state, data)
    if known is not None:
        by = event.actor.brief()
        by = by if by.type == data.waived_by else Actor(data.waived_by, by.name)
        known.waiver = Waiver(event.id, event.at, by, data.reason)


@RELATIONS.applies("note.set")
def _note_set(state, event, data) -> None:
    state.set(event, f"note {data.key}", [data.role, data.body])
    name = f"notes/{encode_name(data.key)}.md"
    known = next((note for note in state.task.notes if note.key == data.key), None)
    if known is None:
        state.task.notes.append(Note(data.key, data.role, name, event.at, event.at, event.actor.brief()))
    else:
        known.role, known.updated_at, known.by = data.role, event.at, event.actor.brief()
    state.texts[name] = data.body


@RELATIONS.applies("note.removed")
def _note_removed(state, event, data) -> None:
    for note in state.task.notes:
        if note.key == data.key:
            state.set(event, f"note {data.key}", None)
            state.texts[note.file] = None
    state.task.notes = [note for note in state.task.notes if note.key != data.key]


@RELATIONS.applies("comment.added")
def _comment_added(state, event, data) -> None:
    state.task.comments.append(
        Comment(event.id, data.number, event.at, event.actor.brief(), data.text, data.kind)
    )


@RELATIONS.applies("policy.overridden")
def _overridden(state, event, data) -> None:
    state.task.overrides.append(
        Override(event.id, event.at, event.actor.brief(), data.gate, data.reason, data.command)
    )
