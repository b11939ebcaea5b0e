"""What the elected remote was last seen to have: its tracking refs, and whether an event is among what they hold."""

from gitledger.store import plain
from gitledger.store.repo import Repository

REMOTES = "refs/taskledger-remotes/"


def tracking_ref(remote: str, ledger: str) -> str:
    """`("origin", "main")` → `refs/taskledger-remotes/origin/main`."""
    return f"{REMOTES}{remote}/{ledger}"


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
    ref = tracking_ref(remote, ledger)
    if repo.is_plain:
        try:
            return plain.read_ref(repo.common_dir, ref)
        except plain.NotPlain:
            pass
    from gitledger.store import libgit

    return libgit.tip_of(repo.pg, ref)


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
