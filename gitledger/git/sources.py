"""The repository's own files as git sees them: which are tracked, what stands in them, in the work tree or at a commit."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from threading import Timer
from typing import IO, NamedTuple

import os
import re
import subprocess

from gitledger.errors import InvalidInput, StorageError
from gitledger.git.runner import Git

# Nothing is fetched for a question, and paths are paths.
_ALONE = {"GIT_NO_LAZY_FETCH": "1", "GIT_LITERAL_PATHSPECS": "1"}
_SETTINGS = ("core.fsmonitor=false", "submodule.recurse=false")
_TIMEOUT_S = 60
_HIT = re.compile(rb"([^\0]+)\0(\d+)[\0:]")
# A line beyond this is cut: it is a generated file, and people read the beginning.
_MAX_LINE = 1 << 12
MAX_FILE = 1 << 20


class Hit(NamedTuple):
    """A line of a file; its path is from the top of the work tree."""

    path: bytes
    line: int
    text: str


class Sought(NamedTuple):
    """A pattern, and where: `syntax` is git's option (-F, -E, -P); without a commit's id in the work tree; below `places`, if any."""

    pattern: str
    syntax: str
    ignores_case: bool = False
    revision: str | None = None
    places: Sequence[str] = ()

    def words(self, *options: str) -> list[str]:
        """The arguments of `git grep`."""
        case = ["-i"] if self.ignores_case else []
        words = ["grep", "-z", "-I", "--full-name", "--no-color", "--no-recurse-submodules", self.syntax, *case, *options]
        return [*words, "-e", self.pattern, *([self.revision] if self.revision else []), "--", *self.places]

    def path(self, named: bytes) -> bytes:
        """The path that git names, without the commit before it."""
        return named.removeprefix(f"{self.revision}:".encode()) if self.revision else named


def grep_files(repo: Git, sought: Sought, *, most: int, each: int = 0) -> tuple[list[Hit], int]:
    """The first lines that match (`most` 0: all; of one file at most `each`, if given), and how many there are."""
    hits: list[Hit] = []
    total, path, many = 0, b"", 0
    for hit in _stream(repo, sought):
        many = many + 1 if hit.path == path else 1
        path = hit.path
        if each and many > each:
            continue
        total += 1
        if not most or total <= most:
            hits.append(hit)
    return hits, total


def files_with(repo: Git, sought: Sought) -> list[bytes]:
    """The files in which the pattern occurs."""
    said = _grep(repo, sought, "-l")
    return [sought.path(path) for path in said.split(b"\0") if path]


def _grep(repo: Git, sought: Sought, *options: str) -> bytes:
    words = sought.words(*options)
    try:
        return repo.run(*words, settings=_SETTINGS, extra=_ALONE, timeout=_TIMEOUT_S, accept=(0, 1))
    except StorageError as error:
        if error.code != "GIT_FAILED" or error.details.get("exit_code") != 128:
            raise
        why = str(error.details.get("stderr", "")).removeprefix("fatal: ").splitlines()
        raise InvalidInput(
            f"git does not understand {sought.pattern[:80]!r}{': ' + why[0] if why else ''}.",
            hint=("gitledger", "grep", "--help"),
            details=error.details,
        ) from error


def _stream(repo: Git, sought: Sought) -> Iterator[Hit]:
    """Every match as git finds it: all of them together may be more than fits into memory."""
    child = repo.open(*_with_settings(sought.words("-n")), extra=_ALONE)
    assert child.stdout is not None and child.stdin is not None
    child.stdin.close()
    alarm = Timer(_TIMEOUT_S, child.kill)
    alarm.start()
    try:
        while line := _read_line(child.stdout):
            found = _HIT.match(line)
            if found:
                text = line[found.end() :].rstrip(b"\r\n").decode("utf-8", "replace")
                yield Hit(sought.path(found[1]), int(found[2]), text)
        code = child.wait()
    finally:
        was_in_time = alarm.is_alive()
        alarm.cancel()
        _end(child)
    if not was_in_time:
        raise StorageError(f"git grep did not end within {_TIMEOUT_S} seconds.", code="GIT_TIMEOUT", hint=("git", "status"))
    if code not in (0, 1):
        _grep(repo, sought, "-l")  # says what git has against it


def _with_settings(words: Sequence[str]) -> list[str]:
    return [word for setting in _SETTINGS for word in ("-c", setting)] + list(words)


def _read_line(stream: IO[bytes]) -> bytes:
    """A line, cut where it is too long."""
    line = rest = stream.readline(_MAX_LINE)
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(1 << 16)
    return line


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.poll() is None:
        child.kill()
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()


# ---------------------------------------------------------------------------------------------- files


def list_files(repo: Git, revision: str | None, places: Sequence[str] = ()) -> list[bytes]:
    """The tracked files, in order: those of a commit (its id), else those of the index, whether they lie there or not."""
    words = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", revision] if revision else ["ls-files", "-z", "--cached", "--full-name"]
    said = repo.run(*words, "--", *places, settings=_SETTINGS, extra=_ALONE, timeout=_TIMEOUT_S)
    # A path in conflict is in the index several times.
    return list(dict.fromkeys(path for path in said.split(b"\0") if path))


def read_files(repo: Git, paths: Sequence[bytes], revision: str | None) -> Iterator[tuple[bytes, bytes]]:
    """Path and content of each regular file of at most 1 MiB: in the work tree, or at a commit (its id)."""
    if revision is None:
        yield from ((path, data) for path in paths if (data := _on_disk(repo, path)) is not None)
        return
    child = repo.open("cat-file", "--batch", extra=_ALONE)
    assert child.stdin is not None and child.stdout is not None
    alarm = Timer(_TIMEOUT_S, child.kill)
    alarm.start()
    try:
        for path in paths:
            if b"\n" in path:
                continue
            child.stdin.write(revision.encode() + b":" + path + b"\n")
            child.stdin.flush()
            head = child.stdout.readline().split()
            if len(head) != 3 or not head[2].isdigit():
                continue  # not there
            data = child.stdout.read(int(head[2]) + 1)[:-1]
            if head[1] == b"blob" and len(data) <= MAX_FILE:
                yield path, data
    except OSError as error:
        raise StorageError(f"git cat-file ended early: {error}.", code="GIT_FAILED", hint=("git", "fsck")) from error
    finally:
        alarm.cancel()
        _end(child)


def _on_disk(repo: Git, path: bytes) -> bytes | None:
    """The content of a file; None for what is no regular file inside the work tree, too large, or not to be read."""
    assert repo.work_tree is not None
    top = os.path.realpath(os.fsencode(repo.work_tree))
    place = os.path.join(top, path)
    try:
        if os.path.islink(place) or os.path.realpath(place) != place or os.path.getsize(place) > MAX_FILE:
            return None
        with open(place, "rb") as file:
            return file.read(MAX_FILE)
    except OSError:
        return None
