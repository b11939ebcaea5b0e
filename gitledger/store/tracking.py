"""What is known of other repositories: tracking refs, what was last seen and checked there, how two tips stand to each other."""

from typing import Any

import os
import tempfile

import pygit2
from msgspec import MsgspecError, Struct, field, json
from pygit2.enums import SortMode

from gitledger.errors import LostRace, StorageError
from gitledger.model import merge
from gitledger.model.texts import encode_name
from gitledger.store import plain
from gitledger.store.merge import Merged, contains, merge_tips
from gitledger.store.objects import read_commit, unreadable
from gitledger.store.repo import Repository

TRACKING = "refs/taskledger-remotes/"
TRACKING_NOTES = "refs/taskledger-remote-notes/"
NOTES = "refs/notes/taskledger"
_MAX_MEMORY = 1 << 22


def tracking_ref(remote: str, ledger: str) -> str:
    """`("origin", "main")` → `refs/taskledger-remotes/origin/main`."""
    return f"{TRACKING}{remote}/{ledger}"


def tracked(repo: Repository, remote: str) -> dict[str, str]:
    """Every ledger of the remote as last fetched: name → tip."""
    prefix = tracking_ref(remote, "")
    return {ref.removeprefix(prefix): tip for ref, tip in refs_below(repo, prefix).items()}


def refs_below(repo: Repository, namespace: str) -> dict[str, str]:
    """Every ref below `namespace` (which ends in a slash) with its commit id."""
    if repo.is_plain:
        try:
            return plain.list_refs(repo.common_dir, namespace)
        except plain.NotPlain:
            pass
    from gitledger.store import libgit

    return libgit.refs_below(repo.pg, namespace)


def read_ref(repo: Repository, ref: str) -> str | None:
    """The commit id of any ref; None where there is none."""
    if repo.is_plain:
        try:
            return plain.read_ref(repo.common_dir, ref)
        except plain.NotPlain:
            pass
    from gitledger.store import libgit

    return libgit.resolve(repo.pg, ref)


def set_ref(repo: Repository, ref: str, expected: str | None, new: str) -> None:
    """Set a tracking or notes ref to `new` if it is at `expected` (None: not there). Raises LostRace where it is not."""
    try:
        if expected is None:
            repo.pg.references.create(ref, pygit2.Oid(hex=new), force=False)
            return
        found = repo.pg.lookup_reference(ref)
        if str(found.target) != expected:
            raise LostRace(f"The ref {ref} has moved on.")
        found.set_target(pygit2.Oid(hex=new))
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        if read_ref(repo, ref) == new:
            return
        raise LostRace(f"The ref {ref} has moved on.") from error


# ---------------------------------------------------------------------------------------------- two tips


class Distance(Struct, frozen=True):
    """How many entries (merges not counted apart) each of two tips has that the other lacks."""

    ahead: int
    behind: int


def distance(repo: Repository, ours: str, theirs: str) -> Distance:
    """How far two tips are apart."""
    try:
        return Distance(*repo.pg.ahead_behind(ours, theirs))
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise unreadable(theirs, "history of commit") from error


def has_only_merges_over(repo: Repository, tip: str, base: str) -> bool:
    """Whether every entry up to `tip` that `base` lacks is a merge."""
    walk = repo.pg.walk(tip, SortMode.NONE)
    walk.hide(base)
    return all(len(commit.parent_ids) > 1 for commit in walk)


def meet(repo: Repository, ours: str, published: str) -> Merged:
    """The merge of my tip with the one that the elected remote has published, to be pushed on top of the latter.

    As `merge_tips`, but what comes out always contains `published`, or is it: where the trees are equal and all
    that I have over the remote is merges, or its id is the smaller, the remote's tip is taken; else one merge
    commit joins the two, for nothing may be taken back from the remote.
    """
    pg = repo.pg
    is_apart = not contains(pg, ours, published) and not contains(pg, published, ours)
    mine, other = read_commit(pg, ours), read_commit(pg, published)
    if not is_apart or mine.tree_id != other.tree_id:
        return merge_tips(pg, ours, published)
    if published < ours or has_only_merges_over(repo, ours, published):
        return Merged(published, "equal")
    parents = merge.parents_of((ours, mine.committer.time), (published, other.committer.time))
    return Merged(merge_commit(pg, mine.tree_id, parents), "merge")


def merge_commit(pg: pygit2.Repository, tree: pygit2.Oid, parents: merge.Parents) -> str:
    """Write the merge commit of design §9."""
    who = pygit2.Signature(merge.MERGE_NAME, merge.MERGE_EMAIL, parents.seconds, 0)
    return str(pg.create_commit(None, who, who, merge.MERGE_MESSAGE, tree, [parents.first, parents.second]))


# ---------------------------------------------------------------------------------------------- memory


class Memory(Struct, omit_defaults=True):
    """What this clone remembers of a remote; losing it costs time, and the notice that a ledger has gone from there.

    `known`: the tip of each ledger when it was last there; `checked`: the last tip that was found to be sound.
    `namespace` is where the remote kept them.
    """

    namespace: str = ""
    last_sync: str | None = None
    known: dict[str, str] = field(default_factory=dict)
    checked: dict[str, str] = field(default_factory=dict)


_decoder: json.Decoder[Memory] = json.Decoder(Memory)


def recall(repo: Repository, remote: str) -> Memory:
    """What is remembered of a remote; nothing where the file cannot be read."""
    try:
        with open(_path(repo, remote), "rb") as file:
            return _decoder.decode(file.read(_MAX_MEMORY))
    except (OSError, MsgspecError, UnicodeDecodeError, RecursionError):
        return Memory()


def remember(repo: Repository, remote: str, memory: Memory) -> None:
    """Keep the memory of a remote; a reader sees the old one or the new one. Raises StorageError where the disk refuses."""
    path = _path(repo, remote)
    folder = os.path.dirname(path)
    temporary: Any = None
    try:
        os.makedirs(folder, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".remote-")
        with os.fdopen(handle, "wb") as file:
            file.write(json.encode(memory))
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None and os.path.exists(temporary):
            os.unlink(temporary)
        raise StorageError(
            f"What was seen of {remote} could not be remembered: {error.strerror}.",
            code="WRITE_FAILED",
            hint=("gitledger", "where"),
            remediation=(f"Check free space and permissions of {folder}.",),
            details={"path": path},
        ) from error


def _path(repo: Repository, remote: str) -> str:
    return os.path.join(repo.local_dir, "remotes", encode_name(remote) + ".json")
