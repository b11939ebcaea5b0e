"""Git notes follow the entry: what its events say about source commits is written into the notes of these commits."""

from typing import TYPE_CHECKING

from gitledger.errors import StorageError
from gitledger.model import ids
from gitledger.model.noteline import NoteLine
from gitledger.ops._world import World
from gitledger.store.notelines import NoteEdit, write_lines

if TYPE_CHECKING:
    from gitledger.ledger.shell import Ledger


def write_notes(ledger: "Ledger", world: World) -> None:
    """Write the lines for the links made and undone in `world`, and those it found lacking; a failure is a warning."""
    from gitledger.ledger.recording import author_of

    edits = _edits(ledger.name, world)
    if not edits:
        return
    try:
        world.notes_written = write_lines(
            ledger.repo,
            edits,
            author=author_of(world.actor.person or ""),
            seconds=int(ids.parse_time(world.now).timestamp()),
        )
    except StorageError as error:
        world.warnings.append(f"{error.message} `gitledger commits notes` writes them later.")


def _edits(ledger: str, world: World) -> dict[str, NoteEdit]:
    """What is to become of the notes. A commit that was rewritten keeps its note: it may come back (`git reset`)."""
    edits: dict[str, NoteEdit] = {}
    changed = [event for event in world.events if event.type.startswith("commit.")]
    unlinked = {(event.task, event.data.commit) for event in changed if event.type == "commit.unlinked"}
    told = [(event.task, event.data.commit) for event in changed]
    for uid, commit in dict.fromkeys([*world.unwritten_notes, *told]):
        task = world.record(uid)
        if task is None or not _is_commit_id(commit):
            continue
        link = next((link for link in task.commits if link.commit == commit), None)
        if link is not None:
            edits.setdefault(commit, NoteEdit()).put[uid] = NoteLine(1, uid, task.id, ledger, link.run, link.id)
        elif (uid, commit) in unlinked:
            edits.setdefault(commit, NoteEdit()).drop.add(uid)
    return edits


def _is_commit_id(text: str) -> bool:
    """Whether a ledger, which anybody may have written, names a commit by its whole id."""
    return len(text) == 40 and set(text) <= set("0123456789abcdef")
