"""What the remotes were last seen to have: their tracking refs, and whether an event is among what those hold."""

from gitledger.errors import LostRace
from gitledger.store import plain
from gitledger.store.repo import Repository

TRACKING = "refs/taskledger-remotes/"
TRACKING_NOTES = "refs/taskledger-remote-notes/"
NOTES = "refs/notes/taskledger"


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
    import pygit2

    try:
        if expected is None:
            # `references.create(force=False)` looks before it locks, and so lets two through.
            with repo.pg.transaction() as transaction:
                transaction.lock_ref(ref)
                if repo.pg.references.get(ref) is not None:
                    raise LostRace(f"The ref {ref} is there already.")
                transaction.set_target(ref, pygit2.Oid(hex=new))
            return
        found = repo.pg.lookup_reference(ref)
        if str(found.target) != expected:
            raise LostRace(f"The ref {ref} has moved on.")
        found.set_target(pygit2.Oid(hex=new))
    except (pygit2.GitError, KeyError, ValueError, OSError) as error:
        if read_ref(repo, ref) == new:
            return
        raise LostRace(f"The ref {ref} has moved on.") from error


def elected_remote(repo: Repository) -> str | None:
    """The one remote that ledgers are shared with: `taskledger.remote`, else the branch's upstream, else `origin`."""
    wanted = (repo.setting("taskledger.remote") or "").strip()
    if wanted:
        return wanted
    known = [name for name in repo.settings("remote.") if name.endswith(".url")]
    branch = repo.branch()
    upstream = repo.setting(f"branch.{branch}.remote") if branch is not None else None
    for name in (upstream, "origin"):
        if name and f"remote.{name}.url" in known:
            return name
    return None


def tracking_tip(repo: Repository, remote: str, ledger: str) -> str | None:
    """The commit id at which the remote's ledger was when last fetched or pushed; None where it was not seen yet."""
    return read_ref(repo, tracking_ref(remote, ledger))


def is_published(repo: Repository, ledger: str, uid: str, event: str) -> bool:
    """Whether the elected remote was last seen to have an event of a task; where there is no remote, yes."""
    remote = elected_remote(repo)
    if remote is None:
        return True
    tip = tracking_tip(repo, remote, ledger)
    if tip is None:
        return False
    return tip == repo.tip(ledger) or _holds(repo, tip, uid, event)


def _holds(repo: Repository, tip: str, uid: str, event: str) -> bool:
    from gitledger.store.objects import read_commit, read_tree
    from gitledger.store.tree import find, task_directories, uid_digits

    digits = uid_digits(uid)
    for directory, oid in task_directories(repo.pg, read_commit(repo.pg, tip).tree_id):
        if directory.endswith("-" + digits):
            events = find(repo.pg, oid, "events")
            names = (entry.name for entry in read_tree(repo.pg, events)) if events is not None else ()
            if any(name.endswith(f"-{event}.json") for name in names):
                return True
    return False
