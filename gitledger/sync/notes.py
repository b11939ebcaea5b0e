"""The notes ref travels along with the ledgers: merged line by line, and never in their way."""

from gitledger.errors import LostRace, StorageError
from gitledger.git.remote import Push, Pushed
from gitledger.store import notes, tracking
from gitledger.sync.link import Link
from gitledger.sync.plan import Seen
from gitledger.sync.remote import Remote


def plan_notes(link: Link, remote: Remote, seen: Seen) -> tuple[str, list[Push]]:
    """What is to become of the notes, in a word, and the push that it takes."""
    if not link.takes_notes:
        return "none", []
    ours = tracking.read_ref(link.repo, tracking.NOTES)
    try:
        target = notes.merge_notes(link.repo, ours, seen.notes, are_published=True)
    except StorageError as error:
        link.takes_notes = False
        link.warnings.append(f"The notes of {remote.name} were not merged: {error.message}")
        return "none", []
    if target is None:
        return "none", []
    if target == ours == seen.notes:
        return "in_sync", []
    said = "received" if target == seen.notes else "sent" if target == ours else "merged"
    return said, [Push(remote.notes, target, seen.notes)] if target != seen.notes else []


def take_notes(link: Link, remote: Remote, seen: Seen, answers: dict[str, Pushed]) -> bool:
    """Move the notes here, now that the remote holds the merge. False where somebody was faster."""
    if not link.takes_notes:
        return not answers or all(answer.outcome == "done" for answer in answers.values())
    answer = answers.get(remote.notes)
    if answer is not None and answer.outcome != "done":
        return False
    ours = tracking.read_ref(link.repo, tracking.NOTES)
    target = notes.merge_notes(link.repo, ours, seen.notes, are_published=True)
    if target is None:
        return True
    if answer is not None:
        link.track(remote.tracking_notes, seen.notes, target)
    return _move_notes(link, ours, target)


def _move_notes(link: Link, ours: str | None, target: str) -> bool:
    try:
        if target != ours:
            tracking.set_ref(link.repo, tracking.NOTES, ours, target)
    except LostRace:
        return False
    return True


def pull_notes(link: Link, seen: Seen) -> None:
    """Merge fetched notes into those here; send nothing."""
    ours = tracking.read_ref(link.repo, tracking.NOTES)
    try:
        target = notes.merge_notes(link.repo, ours, seen.notes)
    except StorageError as error:
        link.warnings.append(f"The notes were not merged: {error.message}")
        return
    if target is not None:
        _move_notes(link, ours, target)
