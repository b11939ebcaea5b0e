"""Full-text search over tasks: title, labels, description, todos, notes and plans."""

from typing import Annotated, Literal

from msgspec import UNSET, UnsetType

from gitledger.errors import InvalidInput
from gitledger.model import seeking
from gitledger.model.seeking import Find, Sought
from gitledger.model.task import Row
from gitledger.ops._base import arg, opt
from gitledger.ops._everywhere import Listing, Placed, each_once, sources
from gitledger.ops._facts import PROGRAM
from gitledger.ops._ready_views import in_ledgers
from gitledger.ops._source_files import FileMatch
from gitledger.ops._views import TaskLine, View, task_line
from gitledger.ops._world import Source, World
from gitledger.ops.ready import LIMIT, check_limit


class FoundTask(TaskLine):
    """A task that matches. `snippet` is a piece of the `field` that shows it; `marks` says where in it the words begin and end."""

    workflow: str
    priority: str | None
    labels: list[str]
    owner: str | None
    updated_at: str
    field: str
    snippet: str
    marks: list[list[int]]
    ledger: str | UnsetType = UNSET
    ledgers: list[str] | UnsetType = UNSET


class SearchResult(View, kw_only=True):
    """The tasks that match, the best first; or, where files were searched, `matches` in those of `revision` (null: the work tree)."""

    tasks: list[FoundTask] | UnsetType = UNSET
    matches: list[FileMatch] | UnsetType = UNSET
    total: int
    truncated: bool
    query: str
    ledger: str
    revision: str | UnsetType | None = UNSET
    kind: Literal["search_result"] = "search_result"


class SearchTasks(Listing, frozen=True, kw_only=True):
    """Search the tasks for words: in titles, labels, descriptions, todos, notes and plans.

    All words must occur, anywhere in the task; the beginning of a word is enough. Words in "double quotes" must
    stand side by side as they are. Letters and digits count alone: case, accents and all other signs do not.
    Finds in titles and labels come first. Of more than 500 tasks that match, the newest 500 are ranked.

    With --repo the files of the repository are searched instead, by their paths and line by line, for the text as it is.
    """

    command = "search"
    writes = False

    query: Annotated[str, arg("The words.")]
    archived: Annotated[bool, opt("Archived tasks too.")] = False
    limit: Annotated[int, opt("At most this many (0: all).")] = LIMIT
    repos: Annotated[
        list[str],
        opt("Instead of the tasks, the files below this folder (`.`: where you are); may be given more than once.", name="--repo", metavar="PATH"),
    ] = []
    revision: Annotated[
        str | None, opt("With --repo: the files of this commit; left out, the tracked files as they lie there.", metavar="COMMIT")
    ] = None

    def show(self, world: World) -> SearchResult:
        check_limit(self.limit)
        if self.repos:
            from gitledger.ops.grep import search_files

            found, total, at = search_files(world, self.query, self.repos, self.revision, self.limit)
            return SearchResult(
                matches=found, total=total, truncated=len(found) < total, query=self.query, ledger=world.ledger, revision=at
            )
        if self.revision is not None:
            raise InvalidInput("--revision goes with --repo; the ledger of an earlier time is --at.", hint=_HELP)
        sought = sought_for(self.query, archived=self.archived, limit=self.limit)
        tasks, total = _everywhere(world, sought) if self.all_ledgers else _here(world, sought)
        return SearchResult(
            tasks=tasks, total=total, truncated=len(tasks) < total, query=self.query, ledger=world.ledger
        )


_HELP = (PROGRAM, "search", "--help")


def sought_for(query: str, *, archived: bool, limit: int = 0) -> Sought:
    """What a query asks for. Raises InvalidInput where it has no word, or too many."""
    terms = seeking.parse_query(query)
    if not terms:
        raise InvalidInput("There is neither a letter nor a digit to look for.", code="VALIDATION", hint=_HELP)
    if len(terms) > seeking.MOST_TERMS or len(query) > seeking.LONGEST:
        raise InvalidInput(
            f"A search takes at most {seeking.MOST_TERMS} words and {seeking.LONGEST} characters.", code="VALIDATION", hint=_HELP
        )
    return Sought(terms=tuple(terms), archived=archived, limit=limit)


def matching(world: World, query: str, *, archived: bool, is_everywhere: bool) -> set[str]:
    """The uids of all tasks that a search finds."""
    sought = sought_for(query, archived=archived)
    return {find.uid for _, source in sources(world, is_everywhere) for find in source.search(sought)[0]}


def _here(world: World, sought: Sought) -> tuple[list[FoundTask], int]:
    finds, total = world.source.search(sought)
    return [_found_task(row, find) for row, find in _with_rows(world.source, finds)], total


def _everywhere(world: World, sought: Sought) -> tuple[list[FoundTask], int]:
    """The tasks of all local ledgers that match, each once: as the ledger has it that changed it last."""
    every = Sought(terms=sought.terms, archived=sought.archived)
    found = [
        (name, pair) for name, source in sources(world, True) for pair in _with_rows(source, source.search(every)[0])
    ]
    placed = each_once(found, lambda pair: pair[0].uid, lambda pair: pair[0].updated_at)
    placed.sort(key=lambda item: (-item.thing[1].score, item.thing[0].number, item.thing[0].uid))
    shown = placed[: sought.limit or None]
    return [_found_task(*item.thing, item) for item in shown], len(placed)


def _with_rows(source: Source, finds: list[Find]) -> list[tuple[Row, Find]]:
    rows = {row.uid: row for row in source.graph().rows([find.uid for find in finds])}
    return [(rows[find.uid], find) for find in finds if find.uid in rows]


def _found_task(row: Row, find: Find, placed: Placed | None = None) -> FoundTask:
    snippet, marks = seeking.marks_of(find.piece)
    return FoundTask(
        **task_line(row),
        workflow=row.workflow,
        priority=row.priority,
        labels=list(row.labels),
        owner=row.owner,
        updated_at=row.updated_at,
        field=find.field,
        snippet=snippet,
        marks=[list(mark) for mark in marks],
        **in_ledgers(placed.ledgers if placed else None),
    )


OPERATIONS = (SearchTasks,)
