"""The stamp: a small file that tells the hooks' shell what is current, so that it need not start Python to ask.

It lies at `<common git dir>/gitledger/stamp/<work tree>[~s.<session>][~l.<GITLEDGER_LEDGER>][~t.<GITLEDGER_TASK>]`
and holds `key=value` lines. `hooks/gitledger.sh` reads it.
"""

from collections.abc import Callable, Collection

import os
import re
import sys
import time

from msgspec import Struct

from gitledger.errors import LedgerError
from gitledger.ledger.shell import Ledger, resolve
from gitledger.model.policy import Policy, parse_policy
from gitledger.ops._base import Operation
from gitledger.store.repo import Repository
from gitledger.store.snapshot import open_snapshot

VERSION = 1
# A shell may compare times by the second: what was written this long before the stamp still counts as newer.
_MARGIN_S = 2
_ABANDONED_S = 14 * 86400
# Events after which another task may be active, or the active one is not what it was. The first two concern one session.
_CHOICES = frozenset({"task.activated", "task.deactivated"})
NEWS = _CHOICES | {
    *("task.renumbered", "task.deleted", "task.archived", "task.unarchived", "task.cancelled", "task.uncancelled"),
    *("task.imported", "task.adopted", "ledger.created", "ledger.forked"),
}
_PLAIN = re.compile(r"[A-Za-z0-9._-]*")
_LONGEST = 240


class Stamp(Struct, frozen=True, kw_only=True):
    """What is current. `branch`, `task` and `uid` are empty where there is none, `ledger` where it does not exist."""

    branch: str
    ledger: str = ""
    task: str = ""
    uid: str = ""
    commits: str = "off"
    has_policy: bool = False
    trailer_task: str = "Task"
    trailer_id: str = "Task-Id"


def refresh_stamp(ledger: Ledger, *, begin: bool = False) -> str | None:
    """Write what is current here for the hooks; best effort.

    Returns the file, or None where there is none now: nothing is written before hooks were installed (`begin`: they
    are being installed, or run), nor where something is amiss, which Python then has to tell whoever commits.
    """
    folder = stamp_folder(ledger.repo)
    if ledger.repo.work_tree is None or not (begin or os.path.isdir(folder)):
        return None
    path = stamp_path(ledger)
    try:
        os.makedirs(folder, exist_ok=True)
        _write(path, _encoded(current_stamp(ledger)))
        long_ago = time.time() - _ABANDONED_S
        _forget(folder, lambda entry: entry.stat().st_mtime < long_ago)
    except (OSError, LedgerError):
        _remove(path)
        return None
    return path


def renew_stamps(ledger: Ledger, events: Collection[str] | None = None) -> None:
    """Let the stamps follow what was written: this one at once, the others when they are next needed.

    `events` are the types of what was recorded; None after refs have moved.
    """
    folder = stamp_folder(ledger.repo)
    if (events is not None and not NEWS.intersection(events)) or not os.path.isdir(folder):
        return
    # A process that lives long has read git's settings long ago.
    ledger.repo.forget_settings()
    own = os.path.basename(stamp_path(ledger))
    is_choice = events is not None and not (NEWS - _CHOICES).intersection(events)
    try:
        _forget(folder, lambda entry: not is_choice or _seat(entry.name) == _seat(own))
    except OSError:
        return
    refresh_stamp(ledger)


def current_stamp(ledger: Ledger) -> Stamp:
    """What is current in this work tree and session. Raises a LedgerError where that cannot be told."""
    repo, policy = ledger.repo, _read_policy(ledger.repo)
    name, _ = resolve(repo, ledger.config, None)
    task, uid = _active(ledger.at(name)) if repo.tip(name) is not None else ("", "")
    return Stamp(
        branch=repo.branch() or "",
        ledger=name if repo.tip(name) is not None else "",
        task=task,
        uid=uid,
        commits=policy.commits,
        has_policy=policy.blob is not None,
        trailer_task=policy.trailers.task,
        trailer_id=policy.trailers.id,
    )


def stamp_folder(repo: Repository) -> str:
    """The folder of the stamps; it is there once hooks were installed."""
    return os.path.join(repo.local_dir, "stamp")


def stamp_path(ledger: Ledger) -> str:
    """The stamp of this work tree and session, and of what the environment names. A name unlike those that a shell can make is digested."""
    repo, config = ledger.repo, ledger.config
    place = "main" if repo.git_dir == repo.common_dir else f"linked-{os.path.basename(repo.git_dir)}"
    named = [("s", config.session), ("l", config.ledger), ("t", config.task)]
    rest = "".join(f"~{letter}.{value}" for letter, value in named if value)
    if len(os.fsencode(place + rest)) > _LONGEST or not all(_PLAIN.fullmatch(value or "") for _, value in named):
        from gitledger.model.digest import sha256

        rest = f"~{sha256(rest.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
    return os.path.join(stamp_folder(repo), place + rest)


def _read_policy(repo: Repository) -> Policy:
    """The policy as it is now, whatever this process has read before."""
    found = repo.policy_bytes()
    return parse_policy(*found) if found is not None else Policy()


def _active(ledger: Ledger) -> tuple[str, str]:
    """Number and uid of the task that a commit made now belongs to. A done one still has its last commits before it."""
    with open_snapshot(ledger.repo, ledger.name, progress=ledger.progress) as snapshot:
        active = ledger.world_at(Operation(), snapshot).active()
        row = snapshot.row(active.uid) if active is not None else None
        if row is None or row.is_deleted or row.is_archived or row.status == "cancelled":
            return "", ""
        return row.id, row.uid


# ---------------------------------------------------------------------------------------------- the file


def _encoded(stamp: Stamp) -> bytes:
    values = {
        "v": str(VERSION),
        "branch": stamp.branch,
        "ledger": stamp.ledger,
        "task": stamp.task,
        "uid": stamp.uid,
        "commits": stamp.commits,
        "policy": "yes" if stamp.has_policy else "no",
        "trailer_task": stamp.trailer_task,
        "trailer_id": stamp.trailer_id,
        # By these the shell sees whether this gitledger is still installed.
        "python": sys.executable,
        "package": os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "__init__.py"),
    }
    return b"".join(name.encode() + b"=" + _percent(value) + b"\n" for name, value in values.items())


def _percent(value: str) -> bytes:
    """`value` as the bytes it has in a file of git's, without those that could end its line."""
    raw = value.encode("utf-8", "surrogateescape")
    return b"".join(b"%%%02x" % byte if byte < 0x20 or byte in b"%\x7f" else bytes((byte,)) for byte in raw)


def _write(path: str, data: bytes) -> None:
    temporary = f"{os.path.dirname(path)}.{os.getpid()}"
    with open(temporary, "wb") as file:
        file.write(data)
    then = time.time() - _MARGIN_S
    os.utime(temporary, (then, then))
    os.replace(temporary, path)


def _seat(name: str) -> list[str]:
    """Work tree and session of a stamp's file."""
    return [part for part in name.split("~") if not part.startswith(("l.", "t."))]


def _forget(folder: str, is_meant: Callable[[os.DirEntry[str]], bool]) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_meant(entry):
                _remove(entry.path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
