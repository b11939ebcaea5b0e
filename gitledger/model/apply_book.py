"""What events do to the ledger's book."""

from gitledger.model.applying import Table
from gitledger.model.book import Intro, Release, Workspace

BOOK = Table()


@BOOK.applies("ledger.created")
def _ledger_created(state, event, data) -> None:
    if not state.book.uid:
        state.book.uid, state.book.name, state.book.created_at = data.uid, data.name, event.at


@BOOK.applies("ledger.forked")
def _ledger_forked(state, event, data) -> None:
    book = state.book
    if not book.uid:
        book.uid, book.name, book.created_at = data.uid, data.name, event.at
    book.origin, book.origin_tip = data.origin, data.tip
    book.number_floor = max(book.number_floor, data.number_floor)


@BOOK.applies("ledger.closed")
def _ledger_closed(state, event, data) -> None:
    state.book.closed_at, state.book.closed_reason = event.at, data.reason


@BOOK.applies("ledger.reopened")
def _ledger_reopened(state, event, data) -> None:
    state.book.closed_at = state.book.closed_reason = None


@BOOK.applies("workspace.set")
def _workspace_set(state, event, data) -> None:
    fields = {name: getattr(data, name) for name in Workspace.__struct_fields__}
    kept = [workspace for workspace in state.book.workspaces if workspace.name != data.name]
    state.book.workspaces = sorted([*kept, Workspace(**fields)], key=lambda workspace: workspace.name)


@BOOK.applies("workspace.removed")
def _workspace_removed(state, event, data) -> None:
    state.book.workspaces = [workspace for workspace in state.book.workspaces if workspace.name != data.name]


@BOOK.applies("intro.created")
def _intro_created(state, event, data) -> None:
    name = f"intros/{data.number}.md"
    if any(intro.file == name for intro in state.book.intros):
        name = f"intros/{data.number}-{event.id}.md"
    by = event.actor.brief()
    state.book.intros.append(Intro(event.id, data.number, data.slug, data.title, event.at, by, name))
    state.texts[name] = data.body


@BOOK.applies("release.tagged")
def _release_tagged(state, event, data) -> None:
    fields = {name: getattr(data, name) for name in data.__struct_fields__}
    state.book.releases.append(Release(id=event.id, at=event.at, by=event.actor.brief(), **fields))
