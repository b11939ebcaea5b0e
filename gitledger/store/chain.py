"""The chain of entries on a ledger's ref: append by compare-and-swap, and read back what was done when by whom."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

import re

import pygit2
from msgspec import Struct
from pygit2.enums import Option

from gitledger.errors import LostRace, StorageError
from gitledger.store import refs
from gitledger.store.objects import check_whole, read_commit, unreadable, walk
from gitledger.store.repo import Repository
from gitledger.store.tree import write_tree

# git, tidying up, may remove the empty folder that an object was just about to be moved into; the next try makes it anew.
_WRITE_TRIES = 4

_TRAILER = re.compile(r"(Ledger-[A-Za-z-]+): (.*)")


class Entry(Struct, frozen=True):
    """One commit of a ledger: an operation, its actor and time. Repeated trailers are joined by `, `."""

    commit: str
    at: str
    author: str
    email: str
    subject: str
    trailers: dict[str, str]
    parents: tuple[str, ...]


def configure_fsync(on: bool) -> None:
    """Make libgit2 sync every object and ref to disk (it does not by itself), for this process."""
    pygit2.option(Option.ENABLE_FSYNC_GITDIR, on)


def append(
    repo: Repository,
    ledger: str,
    *,
    expected: str | None,
    files: Mapping[str, bytes | None],
    moves: Mapping[str, str] = {},
    grafts: Mapping[str, pygit2.Oid] = {},
    message: str,
    author: tuple[str, str],
    seconds: int,
    unmoved: Mapping[str, str | None] = {},
) -> str:
    """Add one entry to a ledger whose tip is `expected` (None: it is not there yet) and return the new tip.

    `files`, `moves` and `grafts` are as `tree.write_tree` takes them; `seconds` is the time since 1970. Raises LostRace
    where the ref is not at `expected`, or one of the other ledgers in `unmoved` not at its tip, Conflict where another ledger's name is in the way, StorageError where
    the disk refuses or a lock was left behind. Where it raises, the ref has not moved.
    """
    if repo.tip(ledger) != expected:
        raise LostRace(f"Ledger {ledger} has moved on.")
    made = write_entry(repo, expected, files, moves, grafts, message=message, author=author, seconds=seconds)
    refs.move(repo, ledger, expected, made, unmoved)
    return made


def write_entry(
    repo: Repository,
    parent_id: str | None,
    files: Mapping[str, bytes | None],
    moves: Mapping[str, str] = {},
    grafts: Mapping[str, pygit2.Oid] = {},
    *,
    base: pygit2.Oid | None = None,
    message: str,
    author: tuple[str, str],
    seconds: int,
) -> str:
    """Write an entry on top of `parent_id` and return its commit id; no ref moves. Arguments as for `append`.

    `base` is the tree that the changes are made to, where that is not the parent's.
    """
    parent = read_commit(repo.pg, parent_id) if parent_id is not None else None
    when = max(seconds, parent.commit_time if parent else 0)
    for tries_left in reversed(range(_WRITE_TRIES)):
        try:
            root = write_tree(repo.pg, base or (parent.tree_id if parent else None), files, moves, grafts)
            return str(_commit(repo.pg, root, [parent.id] if parent else [], message, author, when))
        except (pygit2.GitError, OSError) as error:
            if not tries_left:
                raise write_failed(repo, error) from error
    raise AssertionError("the last try returns or raises")


def _commit(
    pg: pygit2.Repository,
    root: pygit2.Oid,
    parents: list[pygit2.Oid],
    message: str,
    author: tuple[str, str],
    seconds: int,
) -> pygit2.Oid:
    name = clean_identity(author[0], "gitledger")
    email = clean_identity(author[1], "nobody@gitledger.invalid")
    who = pygit2.Signature(name, email, seconds, 0)
    text = message.replace("\0", "").encode("utf-8", "replace").decode()
    # An equal tree may have been there before, and libgit2 looks at what it is to point at.
    check_whole(pg, root, "tree")
    # No ref is handed over: with a missing ref libgit2 would not compare (design §5).
    return pg.create_commit(None, who, who, text, root, parents)


def clean_identity(text: str, fallback: str) -> str:
    """A name or email as git accepts it: no angle brackets, line ends or other control characters; else `fallback`."""
    plain = "".join(char for char in text if char.isprintable() and char not in "<>")
    # git itself strips these from both ends of a name; what is left must not be empty.
    return plain.strip(" .,:;\\\"'") or fallback


def write_failed(repo: Repository, error: Exception) -> StorageError:
    """The error for a disk that is full, read-only or broken."""
    return StorageError(
        f"The entry could not be written, and nothing changed: {error}.",
        code="WRITE_FAILED",
        hint=("git", "count-objects", "-v"),
        remediation=(f"Check free space and permissions of {repo.common_dir}, then try again.",),
        details={"git_dir": repo.common_dir},
    )


# ---------------------------------------------------------------------------------------------- reading


def entries(repo: Repository, tip: str | None, *, uid: str | None = None, limit: int = 0) -> Iterator[Entry]:
    """The entries that lead to `tip`, newest first; only those that name the task `uid`; at most `limit` (0: all)."""
    if tip is None:
        return
    wanted = uid.encode() if uid is not None else None
    found = 0
    try:
        # As `git log` orders them: entries never carry a date before their parents' (see `append`).
        for commit in walk(repo.pg, tip):
            if wanted is not None and wanted not in commit.raw_message:
                continue
            entry = read_entry(commit)
            if uid is not None and uid not in entry.trailers.get("Ledger-Task", ""):
                continue
            yield entry
            found += 1
            if found == limit:
                return
    except (pygit2.GitError, KeyError, OSError) as error:
        raise unreadable(tip, "history of commit") from error


def read_entry(commit: pygit2.Commit) -> Entry:
    """The entry in a commit; text that is not UTF-8 is replaced, for anybody may have written it."""
    message = commit.raw_message.decode("utf-8", "replace")
    subject, _, rest = message.partition("\n")
    trailers: dict[str, str] = {}
    for line in rest.splitlines():
        match = _TRAILER.fullmatch(line)
        if match:
            trailers[match[1]] = f"{trailers[match[1]]}, {match[2]}" if match[1] in trailers else match[2]
    return Entry(
        commit=str(commit.id),
        at=_time(commit.commit_time),
        author=commit.author.raw_name.decode("utf-8", "replace"),
        email=commit.author.raw_email.decode("utf-8", "replace"),
        subject=subject,
        trailers=trailers,
        parents=tuple(str(oid) for oid in commit.parent_ids),
    )


def _time(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return "1970-01-01T00:00:00Z"
