"""What git knows of the source code's history: revisions, logs, blame, which commits a branch leads to, patch ids."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import re
import subprocess

from gitledger.errors import InvalidInput, NotFound, StorageError
from gitledger.git.runner import Git, program

MAX_MESSAGE = 64 << 10
_FIELDS = ("%H", "%P", "%T", "%an", "%ae", "%at", "%ct", "%B")
# Nothing is fetched for a question: reads never touch the network.
_OFFLINE = {"GIT_NO_LAZY_FETCH": "1"}
_TIMEOUT_S = 120
_PATCHES_TIMEOUT_S = 600
_ID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HEAD = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64}) \d+ (\d+)(?: \d+)?")
# What is no branch of the source code, although a commit may lie there.
_NOT_SOURCE = ("refs/taskledger*", "refs/notes*", "refs/stash")


class Logged(NamedTuple):
    """A commit as `git log` tells of it. Times are seconds since 1970."""

    id: str
    parents: tuple[str, ...]
    tree: str
    author: str
    email: str
    authored: int
    committed: int
    message: str


class Blamed(NamedTuple):
    """One line of a file: the commit that brought it (None: not committed yet), its number, its text, its file then."""

    commit: str | None
    number: int
    text: str
    path: str


def resolve_commit(repo: Git, revision: str) -> str:
    """The id of the commit that a revision names. Raises NotFound; what looks like an option is refused."""
    if not revision or revision.startswith("-") or "\0" in revision or "\n" in revision:
        raise InvalidInput(f"{_shown(revision)} is not a revision.", hint=("git", "log", "--oneline"))
    said = repo.run(
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        revision + "^{commit}",
        extra=_OFFLINE,
        accept=(0, 1, 128),
    )
    found = said.decode("ascii", "replace").strip()
    if not _ID.fullmatch(found):
        raise NotFound(f"There is no commit {_shown(revision)}.", code="NO_COMMIT", hint=("git", "log", "--oneline"))
    return found


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")


def list_commits(
    repo: Git, revisions: str | None = None, *, since: int | None = None, grep: Sequence[str] = (), limit: int = 0
) -> list[Logged]:
    """The commits of a range as git writes one, newest first; without one, all that a branch, tag or HEAD leads to.

    `since`: not before this second, by commit date; `grep`: whose message holds one of these texts.
    """
    if revisions is not None and (not revisions or revisions.startswith("-") or "\0" in revisions):
        raise InvalidInput(f"{_shown(revisions)} is not a range of commits.", hint=("git", "log", "--oneline"))
    words = ["log", "-z", "--no-color", "--no-notes", "--no-patch", "--no-show-signature", "--encoding=UTF-8"]
    words += [f"--format={'%x00'.join(_FIELDS)}"]
    words += [f"--max-count={limit}"] if limit else []
    words += [f"--since={since}"] if since is not None else []
    words += ["--fixed-strings", *(f"--grep={text}" for text in grep)] if grep else []
    words += ["--end-of-options", revisions, "--"] if revisions is not None else [*_everything(), "--"]
    try:
        said = repo.run(*words, extra=_OFFLINE, timeout=_TIMEOUT_S)
    except StorageError as error:
        if revisions is None or error.code != "GIT_FAILED":
            raise
        raise NotFound(
            f"git knows no commits {_shown(revisions)}.",
            code="NO_COMMIT",
            hint=("git", "log", "--oneline"),
            details=error.details,
        ) from error
    return list(_logged(said.decode("utf-8", "replace")))


def _everything() -> list[str]:
    return [*(f"--exclude={pattern}" for pattern in _NOT_SOURCE), "--all"]


def _logged(said: str) -> Iterator[Logged]:
    fields = said.split("\0")
    for place in range(0, len(fields) - len(_FIELDS) + 1, len(_FIELDS)):
        commit, parents, tree, author, email, authored, committed, message = fields[place : place + len(_FIELDS)]
        yield Logged(
            commit.strip(),
            tuple(parents.split()),
            tree,
            author,
            email,
            int(authored or 0),
            int(committed or 0),
            message[:MAX_MESSAGE].strip("\n"),
        )


def unreached(repo: Git, commits: Iterable[str], tips: Sequence[str] | None = None) -> set[str]:
    """Those of the commits that none of `tips` leads to; without tips, no branch, tag or HEAD. All must exist here."""
    wanted = set(commits)
    if not wanted:
        return set()
    # Given the other way round, so that git stops where it meets what the tips hold.
    against = list(tips) if tips is not None else _everything()
    if not against:
        return wanted
    said = repo.run(
        "rev-list",
        "--stdin",
        "--not",
        *against,
        stdin="".join(f"{commit}\n" for commit in sorted(wanted)).encode(),
        extra=_OFFLINE,
        timeout=_TIMEOUT_S,
    )
    return wanted & set(said.decode("ascii", "replace").split())


def noted_commits(repo: Git, notes: str, text: str) -> list[str]:
    """The commits whose note, in the notes at the commit `notes`, holds a text."""
    said = repo.run(
        "grep",
        "-l",
        "-z",
        "-a",
        "-F",
        "--no-color",
        "-e",
        text,
        notes,
        "--",
        extra=_OFFLINE,
        accept=(0, 1),
        timeout=_TIMEOUT_S,
    )
    names = (name.partition(":")[2].replace("/", "") for name in said.decode("utf-8", "replace").split("\0"))
    return sorted(name for name in names if _ID.fullmatch(name))


def blame(
    repo: Git, path: str, lines: tuple[int, int | None] | None = None, revision: str | None = None
) -> list[Blamed]:
    """Who brought each line of a file, as `git blame` has it; of the file in the work tree, or at a commit's id."""
    words = [
        "blame",
        "--porcelain",
        *([f"-L{lines[0]},{lines[1] or ''}"] if lines else []),
        *([revision] if revision else []),
    ]
    try:
        said = repo.run(*words, "--", path, extra=_OFFLINE, timeout=_TIMEOUT_S)
    except StorageError as error:
        if error.code != "GIT_FAILED":
            raise
        why = str(error.details.get("stderr", "")).removeprefix("fatal: ").splitlines()
        raise NotFound(
            f"git cannot blame {_shown(path)}{': ' + why[0] if why else ''}.",
            code="NO_LINES",
            hint=("git", "ls-files"),
            details=error.details,
        ) from error
    return list(_blamed(said.decode("utf-8", "replace")))


def _blamed(said: str) -> Iterator[Blamed]:
    commit, number = "", 0
    paths: dict[str, str] = {}
    for line in said.split("\n"):
        head = _HEAD.fullmatch(line)
        if line.startswith("\t"):
            yield Blamed(commit if commit.strip("0") else None, number, line[1:], paths.get(commit, ""))
        elif head:
            commit, number = head[1], int(head[2])
        elif line.startswith("filename "):
            paths[commit] = line.removeprefix("filename ")


# ---------------------------------------------------------------------------------------------- patches


_DIFF = ("diff-tree", "-p", "-r", "--root", "--no-color", "--no-ext-diff", "--no-textconv", "--full-index", "--binary")


def patch_ids(repo: Git, commits: Iterable[str]) -> dict[str, str]:
    """The stable patch id of each commit that changes anything and is no merge."""
    wanted = "".join(f"{commit}\n" for commit in commits).encode()
    if not wanted:
        return {}
    said = _piped(repo, (*_DIFF, "--stdin"), ("patch-id", "--stable"), wanted)
    pairs = (line.split() for line in said.decode("ascii", "replace").splitlines())
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2}


def span_patch_id(repo: Git, base: str, tip: str) -> str | None:
    """The patch id of everything from one commit to another; None where that is nothing."""
    said = _piped(repo, (*_DIFF, base, tip), ("patch-id", "--stable"), b"").decode("ascii", "replace").split()
    return said[0] if said else None


def merge_base(repo: Git, one: str, other: str) -> str | None:
    """The best common ancestor of two commits; None where there is none."""
    said = repo.run("merge-base", one, other, extra=_OFFLINE, accept=(0, 1))
    return said.decode("ascii", "replace").strip() or None


def list_span(repo: Git, base: str, tip: str) -> list[str]:
    """The commits that `tip` has and `base` has not."""
    return repo.run("rev-list", tip, f"^{base}", extra=_OFFLINE, timeout=_TIMEOUT_S).decode("ascii", "replace").split()


def _piped(repo: Git, first: Sequence[str], second: Sequence[str], stdin: bytes) -> bytes:
    """What `git SECOND` makes of the output of `git FIRST`, which is never held whole: it may be large."""
    import tempfile

    def start(words: Sequence[str], **streams: int | object) -> subprocess.Popen[bytes]:
        argv = [program(repo.environ), "-c", "core.hooksPath=/dev/null", *words]
        return subprocess.Popen(
            argv, cwd=repo.work_tree or repo.git_dir, env=repo.variables(_OFFLINE), stderr=subprocess.DEVNULL, **streams
        )

    with tempfile.TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        try:
            source = start(first, stdin=given, stdout=subprocess.PIPE)
            sink = start(second, stdin=source.stdout, stdout=subprocess.PIPE)
        except OSError as error:
            raise StorageError(
                f"git {first[0]} could not be started: {error}.", code="GIT_MISSING", hint=("git", "--version")
            ) from error
        assert source.stdout is not None
        source.stdout.close()
        try:
            said, _ = sink.communicate(timeout=_PATCHES_TIMEOUT_S)
            source.wait(timeout=_PATCHES_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise StorageError(
                f"git {first[0]} did not end within {_PATCHES_TIMEOUT_S} seconds.",
                code="GIT_TIMEOUT",
                hint=("git", "status"),
            ) from None
        finally:
            for child in (source, sink):
                if child.poll() is None:
                    child.kill()
                    child.wait()
    return said
