"""Ledgers by file, for where there is no host: a git bundle out, and one in, checked like anything fetched."""

from typing import TYPE_CHECKING

import os

from gitledger.errors import InvalidInput, LostRace, NotFound, StorageError
from gitledger.git.remote import create_bundle, read_bundle as fetch_bundle
from gitledger.ops.sync import Bundled, LedgerSync, Synced
from gitledger.store import tracking
from gitledger.store.merge import merge_tips
from gitledger.store.repo import NAMESPACE, ref_of
from gitledger.sync.remote import Remote, remote_names
from gitledger.sync import telling
from gitledger.sync.notes import pull_notes
from gitledger.sync.plan import Plan, Seen
from gitledger.sync.settle import Settled, settle

if TYPE_CHECKING:
    from gitledger.sync.exchange import Sync

# No name that git gives a remote, so that nobody's tracking refs are meant.
_TRIES = 10
PARCEL = Remote("@bundle", NAMESPACE.rstrip("/"), False)


def write_bundle(sync: "Sync", name: str, *, every: bool) -> Bundled:
    """Write the current ledger, or every one, and the notes into a file that is not there yet."""
    path = sync.path(name)
    if os.path.exists(path):
        raise InvalidInput(
            f"There is a file {name!r} already; it is not overwritten.", hint=("gitledger", "sync", "--bundle-in", name)
        )
    local = sync.repo.ledgers()
    names = sorted(local) if every else [sync.ledger.name]
    if not set(names) <= local.keys() or not names:
        raise StorageError(
            f"There is no ledger {sync.ledger.name} in this repository yet.", code="NOT_INITIALISED", hint=("gitledger", "init")
        )
    has_notes = tracking.read_ref(sync.repo, tracking.NOTES) is not None
    wanted = [ref_of(ledger) for ledger in names] + ([tracking.NOTES] if has_notes else [])
    create_bundle(sync.git, path, wanted, timeout=sync.timeout)
    return Bundled(file=name, bytes=os.stat(path).st_size, ledgers=names)


def read_bundle(sync: "Sync", name: str) -> Synced:
    """Fetch from a file, check, and merge the ledgers that are here, or the first one.

    Where no remote could settle numbers, this does, by a rule that needs no remote: the smallest uid keeps its number.
    """
    path = sync.path(name)
    if not os.path.isfile(path):
        raise NotFound(f"There is no file {name!r}.", hint=("gitledger", "sync", "--bundle-out", name))
    with sync.naming_damage():
        fetch_bundle(sync.git, path, PARCEL.refspecs, timeout=sync.timeout)
    tips = tracking.tracked(sync.repo, PARCEL.name)
    seen = Seen(tips, set(), tracking.read_ref(sync.repo, PARCEL.tracking_notes))
    local = sync.repo.ledgers()
    wanted = [ledger for ledger in sorted(tips) if ledger in local] if local else [sync.first(seen)]
    done = []
    for ledger in wanted:
        sync.check(PARCEL, ledger, tips[ledger])
        done.append(_merge(sync, ledger, tips[ledger], seen) if ledger in local else sync.start(ledger, seen))
    pull_notes(sync, seen)
    sync.remember(PARCEL, {ledger: tips[ledger] for ledger in wanted})
    return telling.synced(sync.repo, PARCEL, seen, done, "none", 1)


def _merge(sync: "Sync", name: str, theirs: str, seen: Seen) -> LedgerSync:
    has_remote = bool(remote_names(sync.repo))
    for _ in range(_TRIES):
        ours = sync.repo.tip(name)
        assert ours is not None  # only ledgers that are here are merged
        merged = merge_tips(sync.repo.pg, ours, theirs)
        settled = Settled(merged.tip) if has_remote or merged.tip == theirs else settle(sync.ledger.at(name), merged.tip, None)
        try:
            return sync.take(PARCEL, Plan(name, ours, theirs, settled.tip, merged, settled), was_pushed=False)
        except LostRace:
            continue
    raise LostRace(f"Ledger {name} was written to again and again.")
