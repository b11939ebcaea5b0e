"""What a fetch has shown, and what is to become of a ledger after it."""

from msgspec import Struct

from gitledger.store.merge import Merged
from gitledger.sync.settle import Settled


class Seen(Struct):
    """What a fetch found: the remote's ledgers, those that have gone from there, its notes."""

    tips: dict[str, str]
    gone: set[str]
    notes: str | None


class Plan(Struct):
    """What is to become of one ledger: here it is at `ours`, at the remote at `published`; both are to be at `target`."""

    name: str
    ours: str | None
    published: str | None
    target: str
    merged: Merged
    settled: Settled
