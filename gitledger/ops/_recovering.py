"""Leading links to the commits that took the place of rewritten ones, and notes back to what the events say."""

from typing import Annotated

from gitledger.errors import InvalidInput, command_line
from gitledger.ops._base import Decision, Operation, arg, on, opt
from gitledger.ops._commit_views import CommitsReconciled, NotesWritten, StrayView, move_view, stray_view
from gitledger.ops._facts import PROGRAM
from gitledger.ops._reconciling import Stray, moves_by_pairs, moves_by_proof, parse_pairs
from gitledger.ops._world import World

NOTES_REF = "refs/notes/taskledger"


class ReconcileCommits(Operation, frozen=True, kw_only=True):
    """Find the commits that took the place of linked ones, after amend, rebase, squash merges and other rewrites.

    By the pairs that git tells a post-rewrite hook; without them, among the commits of a range or else all, by patch
    id, also of a whole branch squashed into one commit, and then by what the messages say. Where several commits
    may be meant, they are listed, not guessed. Notes that are missing are written.
    """

    command = "commits reconcile"

    revisions: Annotated[
        str | None, arg("Look among these commits, as git log takes them: origin/main, v1.0..main.", metavar="RANGE")
    ] = None
    pairs: Annotated[
        str | None, opt("`OLD NEW`, two whole commit ids, on a line each.", name="--pair", file="--pairs")
    ] = None
    dry_run: Annotated[bool, opt("Only say what would be done.")] = False

    def decide(self, world: World) -> Decision:
        if self.pairs is not None and self.revisions is not None:
            raise InvalidInput(
                "--pairs and RANGE exclude each other.", hint=(PROGRAM, "commits", "reconcile", "--help")
            )
        if self.pairs is not None:
            pairs = parse_pairs(self.pairs)
            found = moves_by_pairs(world, pairs)
        else:
            found = moves_by_proof(world, self.revisions)
        world.found = found
        if self.dry_run:
            return
        for move in found.moves:
            yield on(move.task, move.link)
        # Git may have copied notes by itself (`notes.rewriteRef`): each task keeps one line.
        world.unwritten_notes = _all_links(world) if self.pairs is None else _links_to(world, {new for _, new in pairs})

    def what(self, world: World) -> str:
        many = len(world.found.moves)
        return f"{many} link{'' if many == 1 else 's'} led to the commits that are there now"

    def show(self, world: World) -> CommitsReconciled:
        found = world.found
        return CommitsReconciled(
            moved=[move_view(move) for move in found.moves],
            ambiguous=[_stray_view(stray) for stray in found.ambiguous],
            lost=[_stray_view(stray) for stray in found.lost],
            absent=found.absent,
            notes_written=world.notes_written,
            dry_run=self.dry_run,
            complete=not found.is_truncated,
            changed=world.changed,
        )


def _links_to(world: World, commits: set[str]) -> list[tuple[str, str]]:
    return [(row.uid, commit) for commit in sorted(commits) for row in world.source.rows_of_commit(commit)]


def _stray_view(stray: Stray) -> StrayView:
    if len(stray.candidates) == 1:
        words = ("link", stray.candidates[0], "--replaces", stray.link.commit)
    elif stray.candidates:
        words = ("list",)
    else:
        words = ("unlink", stray.link.commit)
    return stray_view(stray, command_line((PROGRAM, "commits", *words, "--task", stray.task.id)))


class WriteNotes(Operation, frozen=True, kw_only=True):
    """Bring the git notes of all linked commits to what the ledger's events say.

    Each entry writes its own notes; this mends what could not be written then, and what was lost since.
    """

    command = "commits notes"

    def decide(self, world: World) -> Decision:
        world.unwritten_notes = _all_links(world)
        return
        yield

    def show(self, world: World) -> NotesWritten:
        return NotesWritten(
            commits=len({commit for _, commit in world.unwritten_notes}),
            notes_written=world.notes_written,
            ref=NOTES_REF,
            changed=world.notes_written > 0,
        )


def _all_links(world: World) -> list[tuple[str, str]]:
    """(uid, commit) of every link of the ledger."""
    records = (world.record(row.uid) for row in world.source.rows_with("commits"))
    return [(task.uid, link.commit) for task in records if task is not None for link in task.commits]
