"""What is handed over and what belongs to the reading of a task, as events tell it: handoffs, files, URLs, introduction."""

from gitledger.model.applying import Table, find_item
from gitledger.model.task import FileLink, Handoff, UrlLink

TALK = Table()


# ---------------------------------------------------------------------------------------------- handoffs


@TALK.applies("handoff.created")
def _handoff_created(state, event, data) -> None:
    name = f"handoffs/{data.number}.md"
    if any(handoff.file == name for handoff in state.task.handoffs):
        name = f"handoffs/{data.number}-{event.id}.md"
    state.task.handoffs.append(
        Handoff(
            id=event.id,
            number=data.number,
            at=event.at,
            by=event.actor.brief(),
            holder=event.actor.holder(),
            mode=data.mode,
            context_for=data.context_for,
            digest=data.digest,
            file=name,
            scope=data.scope,
            todo=data.todo,
            run=data.run,
            intended_type=data.intended_type,
            intended_name=data.intended_name,
            intended_harness=data.intended_harness,
            summary=data.summary,
            next_action=data.next_action,
            claim_policy=data.claim_policy,
            source_run=data.source_run,
        )
    )
    state.texts[name] = data.body


@TALK.applies("handoff.claimed")
def _handoff_claimed(state, event, data) -> None:
    handoff = find_item(state.task.handoffs, data.handoff)
    if handoff is None:
        return
    state.set(event, f"handoff {data.handoff}", f"claimed {event.actor.holder()}")
    handoff.status = "claimed"
    handoff.claimed_at = event.at
    handoff.claimed_by = event.actor.brief()
    handoff.claimed_holder = event.actor.holder()
    handoff.claim_run, handoff.released_claim = data.run, data.released_claim


@TALK.applies("handoff.closed")
def _handoff_closed(state, event, data) -> None:
    _end(state, event, data, "closed")


@TALK.applies("handoff.cancelled")
def _handoff_cancelled(state, event, data) -> None:
    _end(state, event, data, "cancelled")


def _end(state, event, data, status: str) -> None:
    handoff = find_item(state.task.handoffs, data.handoff)
    if handoff is not None:
        state.set(event, f"handoff {data.handoff}", status)
        handoff.status = status
        handoff.closed_at, handoff.closed_by, handoff.closed_reason = event.at, event.actor.brief(), data.reason


# ---------------------------------------------------------------------------------------------- reading


@TALK.applies("file.added")
def _file_added(state, event, data) -> None:
    state.set(event, f"file {data.path}", [data.kind, data.label, data.required])
    link = FileLink(event.id, data.path, event.at, event.actor.brief(), data.kind, data.label, data.required)
    state.task.files = [*(held for held in state.task.files if held.path != data.path), link]


@TALK.applies("file.removed")
def _file_removed(state, event, data) -> None:
    state.set(event, f"file {data.path}", None)
    state.task.files = [held for held in state.task.files if held.path != data.path]


@TALK.applies("url.added")
def _url_added(state, event, data) -> None:
    state.set(event, f"url {data.url}", data.label or "")
    link = UrlLink(event.id, data.url, event.at, event.actor.brief(), data.label)
    state.task.urls = [*(held for held in state.task.urls if held.url != data.url), link]


@TALK.applies("url.removed")
def _url_removed(state, event, data) -> None:
    state.set(event, f"url {data.url}", None)
    state.task.urls = [held for held in state.task.urls if held.url != data.url]


@TALK.applies("intro.linked")
def _intro_linked(state, event, data) -> None:
    state.assign(event, "introduction", data.intro)
