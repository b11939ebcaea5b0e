"""Looking for text in the repository's own files."""

from typing import Annotated

from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation, arg, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._source_files import AtRevision, FileMatch, FileMatches, FoundLine, InPlaces
from gitledger.ops._world import World
from gitledger.ops.ready import check_limit

EACH = 3  # lines of one file that a search for words shows


class GrepFiles(Operation, frozen=True, kw_only=True):
    """Search the repository's files for a pattern, as `git grep` does.

    The pattern is an extended regular expression. Files that git does not track, and binary ones, are not searched.
    """

    command = "grep"
    writes = False
    needs_ledger = False

    pattern: Annotated[str, arg("The pattern.")]
    repos: InPlaces = []
    revision: AtRevision = None
    ignore_case: Annotated[bool, opt("Whatever the case.", short="i")] = False
    fixed_strings: Annotated[bool, opt("The pattern is plain text.", short="F")] = False
    perl_regexp: Annotated[bool, opt("The pattern is a Perl regular expression, if git was built with them.", short="P")] = False
    limit: Annotated[int, opt("At most this many (0: all).")] = 100

    def show(self, world: World) -> FileMatches:
        check_limit(self.limit)
        if self.fixed_strings and self.perl_regexp:
            raise InvalidInput("Give either --fixed-strings or --perl-regexp.", hint=(PROGRAM, "grep", "--help"))
        check_text(self.pattern, "grep")
        syntax = "-F" if self.fixed_strings else "-P" if self.perl_regexp else "-E"
        at = world.files.at(self.revision)
        hits, total = world.files.grep(
            self.pattern, syntax, ignores_case=self.ignore_case, at=at, places=self.repos, most=self.limit
        )
        found = [_match(world, hit) for hit in hits]
        return FileMatches(matches=found, total=total, truncated=len(found) < total, query=self.pattern, revision=at)


def search_files(
    world: World, query: str, places: list[str], revision: str | None, limit: int
) -> tuple[list[FileMatch], int, str | None]:
    """The files whose path holds a text, then lines that do, at most `EACH` of a file, whatever the case; how many, and at which commit."""
    check_text(query, "search")
    at = world.files.at(revision)
    named = [path for path in world.files.paths(at, places) if query.casefold() in path.casefold()]
    room = max(limit - len(named), 1) if limit else 0
    hits, total = world.files.grep(query, "-F", ignores_case=True, at=at, places=places, most=room, each=EACH)
    matches = [FileMatch(repo=world.files.name, path=world.files.shown(path), kind="path") for path in named]
    matches += [_match(world, hit) for hit in hits]
    return matches[: limit or None], total + len(named), at


def check_text(text: str, command: str) -> None:
    """What is looked for is a piece of one line."""
    if not text.strip() or "\n" in text or "\0" in text:
        raise InvalidInput("What is looked for must be text on one line.", code="VALIDATION", hint=(PROGRAM, command, "--help"))


def _match(world: World, hit: FoundLine) -> FileMatch:
    return FileMatch(repo=world.files.name, path=hit.path, kind="content", line=hit.line, text=hit.text)


OPERATIONS: tuple[type[Operation], ...] = (GrepFiles,)
