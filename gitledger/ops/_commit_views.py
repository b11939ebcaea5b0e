"""What the `commits` commands answer with."""

from typing import Literal

from gitledger.ops._reconciling import Move, Stray
from gitledger.ops._views import View
from gitledger.ops._work_views import SHORT_COMMIT, CommitView


class ListedCommit(View):
    """A commit of a task as it stands now.

    `known` is recorded (by the ledger's events) or claimed (by a note or message alone), `known_from` names the
    places: event, note, change, trailer. `source` is how it was linked: hook, manual, trailer, rewrite.
    """

    commit: str
    short: str
    subject: str
    author: str | None
    authored_at: str | None
    known: str
    known_from: list[str]
    source: str | None
    exists: bool
    reachable: bool
    merged: bool
    at: str | None = None
    run: str | None = None
    change: str | None = None
    event: str | None = None


class CommitList(View):
    """The commits of a task, newest first."""

    task_id: str
    commits: list[ListedCommit]
    total: int
    truncated: bool
    default_branch: str | None
    kind: Literal["task_commit_list"] = "task_commit_list"


class CommitsLinked(View):
    """Commits were linked to a task, or were so already."""

    task_id: str
    commits: list[CommitView]
    changed: bool
    kind: Literal["commits_linked"] = "commits_linked"


class CommitsUnlinked(View):
    """Commits do not belong to a task after all."""

    task_id: str
    commits: list[str]
    changed: bool
    kind: Literal["commits_unlinked"] = "commits_unlinked"


class FoundLink(View):
    """A commit whose message names a task."""

    task_id: str
    commit: str
    short: str
    subject: str


class UnclearMention(View):
    """A commit whose message names what cannot be linked: a number that several tasks hold, or a uid not known here."""

    commit: str
    short: str
    subject: str
    named: str
    candidates: list[str] = []


class CommitsScanned(View):
    """What the messages of a range say. `known` commits were linked before, `withdrawn` ones unlinked by somebody.

    `complete` is false where the range has more commits than are looked at.
    """

    revisions: str
    scanned: int
    linked: list[FoundLink]
    known: int
    withdrawn: int
    ambiguous: list[UnclearMention]
    unknown: list[UnclearMention]
    dry_run: bool
    complete: bool
    changed: bool
    kind: Literal["commits_scanned"] = "commits_scanned"


class MoveView(View):
    """A task's links that lead to another commit now. `by`: rewrite (git said so), patch-id, text."""

    task_id: str
    replaced: list[str]
    commit: str
    short: str
    subject: str
    by: str


class StrayView(View):
    """A link to a commit that no branch leads to. `command` shows the task's commits, to choose by hand."""

    task_id: str
    commit: str
    short: str
    subject: str
    candidates: list[str]
    command: str


class CommitsReconciled(View):
    """What became of links to commits that were rewritten.

    `lost` ones are on no branch; `absent` counts those that this repository does not have: perhaps a colleague's, not
    pushed yet. `complete` is false where there are more commits than are looked at.
    """

    moved: list[MoveView]
    ambiguous: list[StrayView]
    lost: list[StrayView]
    absent: int
    notes_written: int
    dry_run: bool
    complete: bool
    changed: bool
    kind: Literal["commits_reconciled"] = "commits_reconciled"


class NotesWritten(View):
    """How many git notes were brought to what the events say, of how many linked commits."""

    commits: int
    notes_written: int
    ref: str
    changed: bool
    kind: Literal["commit_notes"] = "commit_notes"


def move_view(move: Move) -> MoveView:
    """The view of a move."""
    return MoveView(
        task_id=move.task.id,
        replaced=list(move.link.replaces),
        commit=move.link.commit,
        short=move.link.commit[:SHORT_COMMIT],
        subject=move.link.summary,
        by=move.by,
    )


def stray_view(stray: Stray, command: str) -> StrayView:
    """The view of a stray link."""
    return StrayView(
        task_id=stray.task.id,
        commit=stray.link.commit,
        short=stray.link.commit[:SHORT_COMMIT],
        subject=stray.link.summary,
        candidates=list(stray.candidates),
        command=command,
    )
