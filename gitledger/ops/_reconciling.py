"""Which commit took the place of which, after amend, rebase, squash and filter: found by proof, never guessed."""

from collections.abc import Iterable, Sequence

import re

from msgspec import Struct

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.model.events import CommitLinked
from gitledger.model.mentions import has_line, mentions_in, named_commits
from gitledger.model.task import CommitLink, Task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._history import SourceCommit, Standing
from gitledger.ops._linking import link_of, linked_tasks, moved_to
from gitledger.ops._world import World

MAX_CANDIDATES = 5000
_MAX_SPANS = 200
_PAIR = re.compile(r"([0-9a-f]{40}) ([0-9a-f]{40})(?: .*)?")


class Move(Struct, frozen=True):
    """A task's links that lead to a new commit. `by`: how that was found: rewrite, patch-id, text."""

    task: Task
    link: CommitLinked
    by: str


class Stray(Struct, frozen=True):
    """A task's link to a commit that no branch leads to any more, and the commits that may have taken its place."""

    task: Task
    link: CommitLink
    candidates: tuple[str, ...]


class Findings(Struct):
    """What became of links: those that move, those with several successors, and those with none that is sure.

    `absent` counts links to commits that are not in this repository and that nothing here succeeds: a colleague may
    not have pushed them yet.
    """

    moves: list[Move] = []
    ambiguous: list[Stray] = []
    lost: list[Stray] = []
    absent: int = 0
    is_truncated: bool = False


# ---------------------------------------------------------------------------------------------- git's own word


def parse_pairs(text: str) -> list[tuple[str, str]]:
    """`OLD NEW` on each line, as git hands them to a post-rewrite hook."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        pair = _PAIR.fullmatch(line.strip())
        if pair is None and line.strip():
            raise InvalidInput(
                f"Line {number} is not `OLD NEW`, two whole commit ids: {line.strip()[:80]!r}.",
                hint=(PROGRAM, "commits", "reconcile", "--help"),
            )
        if pair is not None and pair[1] != pair[2]:
            found.append((pair[1], pair[2]))
    return found


def moves_by_pairs(world: World, pairs: Sequence[tuple[str, str]]) -> Findings:
    """What the pairs of a rewrite mean for the tasks: of several commits squashed into one, all tasks keep that one."""
    olds_of: dict[str, list[str]] = {}
    for old, new in pairs:
        olds_of.setdefault(new, []).append(old)
    found = Findings()
    for new, olds in olds_of.items():
        tasks = linked_tasks(world, olds)
        commit = world.commits.commit(new) if tasks else None
        for task in tasks if commit is not None else ():
            link = moved_to(task, commit, olds)
            if link is not None:
                found.moves.append(Move(task, link, "rewrite"))
    return found


# ---------------------------------------------------------------------------------------------- proof


def moves_by_proof(world: World, revisions: str | None) -> Findings:
    """Successors of linked commits that no branch leads to, or that are not merged yet, among the commits of a range.

    By patch id, also of a whole branch squashed into one commit; then by what the messages say.
    """
    tasks = [task for row in world.source.rows_with("commits") if (task := world.record(row.uid)) is not None]
    standing = world.commits.standing(link.commit for task in tasks for link in task.commits)
    strays = {commit for commit, stands in standing.items() if not stands.merged}
    if not strays:
        return Findings()
    links = [link for task in tasks for link in task.commits if link.commit in strays]
    search = _Search(world, strays, standing, _candidates(world, links, revisions))
    found = Findings(is_truncated=len(search.candidates) >= MAX_CANDIDATES)
    for task in tasks:
        _settle(task, [link for link in task.commits if link.commit in strays], search, found)
    return found


def _candidates(world: World, links: Sequence[CommitLink], revisions: str | None) -> list[SourceCommit]:
    """Where successors are looked for: in the range, else in all that is not older than the oldest of the links."""
    if revisions is not None:
        return world.commits.log(revisions, limit=MAX_CANDIDATES)
    facts = [world.commits.commit(link.commit) for link in links]
    times = [time for fact in facts if fact is not None for time in (fact.authored_at, fact.committed_at)]
    times += [link.at for link in links]
    # Rewriting dates commits anew or leaves the date; a day allows for clocks.
    return world.commits.log(since=ids.later(min(times), -86400), limit=MAX_CANDIDATES)


def _settle(task: Task, links: Sequence[CommitLink], search: "_Search", found: Findings) -> None:
    """Sort the task's stray links into moves, ambiguous and lost ones."""
    moves: dict[tuple[str, str], list[str]] = {}
    lost_links: list[CommitLink] = []
    for link in links:
        matches, by = search.successors(task, link)
        is_lost = not search.standing[link.commit].reachable
        if len(matches) == 1:
            moves.setdefault((matches[0].id, by), []).append(link.commit)
        elif is_lost and matches:
            found.ambiguous.append(Stray(task, link, tuple(match.id for match in matches)))
        elif is_lost and search.standing[link.commit].exists:
            lost_links.append(link)
        elif is_lost:
            found.absent += 1
    taken = {new for new, _ in moves}
    found.lost += [Stray(task, link, search.naming(task, taken)) for link in lost_links]
    for (new, by), olds in moves.items():
        commit = search.by_id[new]
        lost = [old for old in olds if not search.standing[old].reachable]
        move = moved_to(task, commit, lost or olds)
        if move is None or (not lost and link_of(task, new) is not None):
            continue
        # What a branch still leads to stays linked; the new commit is linked beside it.
        found.moves.append(Move(task, move if lost else _beside(move), by))


def _beside(link: CommitLinked) -> CommitLinked:
    from msgspec import structs

    return structs.replace(link, replaces=[])


class _Search:
    """The successors of stray commits among candidates."""

    def __init__(
        self, world: World, strays: set[str], standing: dict[str, Standing], candidates: Iterable[SourceCommit]
    ) -> None:
        self.world = world
        self.standing = standing
        self.candidates = [commit for commit in candidates if len(commit.parents) < 2]
        self.by_id = {commit.id: commit for commit in self.candidates}
        here = [commit for commit in strays if standing[commit].exists]
        self._patches = world.commits.patch_ids(dict.fromkeys([*self.by_id, *sorted(here)]))
        self._by_patch: dict[str, list[SourceCommit]] = {}
        for commit in self.candidates:
            if commit.id in self._patches:
                self._by_patch.setdefault(self._patches[commit.id], []).append(commit)
        self._places = world.commits.standing(self.by_id)
        self._mentions = {commit.id: mentions_in(commit.message, world.policy.trailers) for commit in self.candidates}
        self._squashed = self._find_squashed(here)

    def _find_squashed(self, here: Sequence[str]) -> dict[str, SourceCommit]:
        """Commits of branches that were squashed into one commit as a whole: old → new."""
        found: dict[str, SourceCommit] = {}
        for tip in sorted(here)[:_MAX_SPANS]:
            span = self.world.commits.branch_patch(tip)
            if span is None or len(span[1]) < 2:
                continue
            matches = [commit for commit in self._by_patch.get(span[0], ()) if commit.id not in span[1]]
            if len(matches) == 1:
                found |= dict.fromkeys(span[1], matches[0])
        return found

    def successors(self, task: Task, link: CommitLink) -> tuple[list[SourceCommit], str]:
        """The commits that may have taken the place of a link's, and how they were found; the first way that finds any."""
        old = self.world.commits.commit(link.commit)
        patch = self._patches.get(link.commit)
        same = self._allowed(link, self._by_patch.get(patch, ()) if patch is not None else ())
        if len(same) > 1 and old is not None:
            same = [commit for commit in same if _looks_like(commit, old)] or same
        if same:
            return same, "patch-id"
        squashed = self._squashed.get(link.commit)
        if squashed is not None and self._allowed(link, [squashed]):
            return [squashed], "patch-id"
        return self._by_text(task, link, old), "text"

    def _by_text(self, task: Task, link: CommitLink, old: SourceCommit | None) -> list[SourceCommit]:
        """By the old id in the message, by trailer with the same subject and author time, by trailer with the subject in the body."""
        rest = [commit for commit in self._allowed(link, self.candidates) if _is_free(task, commit.id)]
        naming = [commit for commit in rest if task.uid in self._mentions[commit.id].uids]
        subject = old.subject if old is not None else link.summary
        ways = (
            [commit for commit in rest if link.commit in named_commits(commit.message)],
            [commit for commit in naming if commit.subject == subject and (old is None or _looks_like(commit, old))],
            [commit for commit in naming if has_line(commit.message, subject)],
        )
        return next((way for way in ways if way), [])

    def _allowed(self, link: CommitLink, commits: Iterable[SourceCommit]) -> list[SourceCommit]:
        """Not itself; and while a branch leads to the old commit, only what is merged."""
        is_lost = not self.standing[link.commit].reachable
        return [
            commit
            for commit in commits
            if commit.id != link.commit
            and (self._places[commit.id].reachable if is_lost else self._places[commit.id].merged)
        ]

    def naming(self, task: Task, taken: set[str]) -> tuple[str, ...]:
        """Commits whose message names the task and that it is not linked to: perhaps one of them is the successor."""
        names = (commit.id for commit in self.candidates if task.uid in self._mentions[commit.id].uids)
        return tuple(name for name in names if name not in taken and link_of(task, name) is None)[:10]


def _looks_like(commit: SourceCommit, old: SourceCommit) -> bool:
    return (commit.subject, commit.authored_at, commit.email) == (old.subject, old.authored_at, old.email)


def _is_free(task: Task, commit: str) -> bool:
    """Whether the task is not tied to the commit for its own sake: then it is no successor of another by its text."""
    link = link_of(task, commit)
    return link is None or link.source in ("trailer", "rewrite")
