"""The way back from code: who changed a line, for which task, under which plan, accepted by whom, checked how."""

from typing import Annotated, Literal

import re

from gitledger.errors import InvalidInput, command_line
from gitledger.ops._base import Operation, arg, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._history import BlamedLines, SourceCommit
from gitledger.ops._provenance import CommitFacts, Provenance, commit_facts, provenance
from gitledger.ops._ties import Tie, Ties
from gitledger.ops._views import View
from gitledger.ops._work_views import SHORT_COMMIT
from gitledger.ops._world import World

_PLACE = re.compile(r"(.+):([1-9][0-9]{0,8})", re.DOTALL)
_LINES = re.compile(r"([1-9][0-9]{0,8})(?:,(?:(\+)?([1-9][0-9]{0,8}))?)?")


class Line(View):
    """A line of a file."""

    path: str
    number: int
    text: str


class Whence(View):
    """Where a commit or a line comes from. `commit` is null where the line is not committed yet.

    `ambiguous` are tasks that the message names by a number that several tasks hold; `command` would tie the commit
    to a task where it is tied to none.
    """

    asked: str
    line: Line | None
    commit: CommitFacts | None
    tasks: list[Provenance]
    ambiguous: list[str]
    command: str | None
    kind: Literal["whence"] = "whence"


class ShowWhence(Operation, frozen=True, kw_only=True):
    """Show where code comes from: the task of a commit or a line, its plan, who accepted it, its criteria and their checks.

    What the ledger's events or a note with such an event say is recorded; what only the commit's message says is claimed.
    """

    command = "whence"
    writes = False

    place: Annotated[str, arg("A commit, or a line of a file as FILE:LINE.", metavar="COMMIT|FILE:LINE")]

    def show(self, world: World) -> Whence:
        found = _PLACE.fullmatch(self.place)
        line = None
        if found is None:
            commit = world.commits.commit(world.commits.resolve(self.place))
        else:
            number = int(found[2])
            blamed = world.commits.blame(found[1], (number, number))[0]
            line = Line(path=found[1], number=number, text=blamed.lines[0])
            commit = world.commits.commit(blamed.commit) if blamed.commit is not None else None
        ties = Ties(world)
        tied = ties.of(commit) if commit is not None else []
        return Whence(
            asked=self.place,
            line=line,
            commit=commit_facts(world, commit) if commit is not None else None,
            tasks=[provenance(world, tie) for tie in tied],
            ambiguous=[row.uid for number in ties.ambiguous for row in world.source.lookup(number=number)],
            command=link_command(commit) if commit is not None and not tied else None,
        )


def link_command(commit: SourceCommit) -> str:
    """The command that ties a commit to a task."""
    return command_line((PROGRAM, "commits", "link", commit.id[:SHORT_COMMIT], "--task", "..."))


# ---------------------------------------------------------------------------------------------- blame


class BlamedTask(View):
    """A task that lines belong to."""

    task_id: str | None
    uid: str
    ledger: str
    title: str | None
    known: str
    who: str | None


class BlameGroup(View):
    """Lines one after another that one commit brought; `commit` is null where they are not committed yet."""

    first: int
    last: int
    commit: str | None
    short: str | None
    subject: str | None
    author: str | None
    authored_at: str | None
    tasks: list[BlamedTask]


class Blame(View):
    """Who brought each line of a file, and for which task. `command` would tie the first commit without one."""

    path: str
    groups: list[BlameGroup]
    total: int
    truncated: bool
    command: str | None
    kind: Literal["blame"] = "blame"


class BlameFile(Operation, frozen=True, kw_only=True):
    """Show which task each line of a file comes from, as `git blame` shows the commits."""

    command = "blame"
    writes = False

    file: Annotated[str, arg("The file, named from where you are.")]
    lines: Annotated[
        str | None, opt("Only these lines: 10,20 or 10,+5; 10 alone is 10 to the end.", short="L", metavar="FROM,TO")
    ] = None
    revision: Annotated[
        str | None, opt("As of this commit; left out, the file as it lies there.", name="--at", metavar="COMMIT")
    ] = None

    def show(self, world: World) -> Blame:
        at = world.commits.resolve(self.revision) if self.revision is not None else None
        blamed = world.commits.blame(self.file, self._range(), at)
        ties = Ties(world)
        known: dict[str, tuple[SourceCommit, list[Tie]]] = {}
        for name in {group.commit for group in blamed if group.commit is not None}:
            commit = world.commits.commit(name)
            if commit is not None:
                known[name] = commit, ties.of(commit)
        groups = [_group(group, *known.get(group.commit or "", (None, []))) for group in blamed]
        untied = next((known[group.commit][0] for group in groups if group.commit in known and not group.tasks), None)
        return Blame(
            path=self.file,
            groups=groups,
            total=len(groups),
            truncated=False,
            command=link_command(untied) if untied is not None else None,
        )

    def _range(self) -> tuple[int, int | None] | None:
        if self.lines is None:
            return None
        found = _LINES.fullmatch(self.lines.strip())
        if found is None:
            raise InvalidInput(f"-L {self.lines[:80]!r} is not FROM,TO.", hint=(PROGRAM, "blame", "--help"))
        first = int(found[1])
        if found[3] is None:
            return first, None
        return first, first + int(found[3]) - 1 if found[2] else int(found[3])


def _group(lines: BlamedLines, commit: SourceCommit | None, ties: list[Tie]) -> BlameGroup:
    recorded = [tie for tie in ties if tie.is_recorded] or ties
    return BlameGroup(
        first=lines.first,
        last=lines.first + len(lines.lines) - 1,
        commit=lines.commit,
        short=lines.commit[:SHORT_COMMIT] if lines.commit is not None else None,
        subject=commit.subject if commit is not None else None,
        author=commit.author if commit is not None else None,
        authored_at=commit.authored_at if commit is not None else None,
        tasks=[_blamed(tie) for tie in recorded],
    )


def _blamed(tie: Tie) -> BlamedTask:
    task = tie.task
    run = task.run(tie.link.run) if task is not None and tie.link is not None else None
    return BlamedTask(
        task_id=task.id if task is not None else tie.number,
        uid=tie.uid,
        ledger=tie.ledger,
        title=task.title if task is not None else None,
        known=tie.known,
        who=f"{run.actor.type}:{run.actor.name}" if run is not None else None,
    )


OPERATIONS: tuple[type[Operation], ...] = (ShowWhence, BlameFile)
