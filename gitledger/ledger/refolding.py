"""Bringing a ledger up to this version's fold, in one entry, before anything of this version is written to it (design §3)."""

from typing import TYPE_CHECKING, Any

from gitledger.ledger.recording import author_of
from gitledger.model import codec, ids
from gitledger.model.message import entry_message
from gitledger.store import chain
from gitledger.store.content import ledger_info
from gitledger.store.merge import refolded
from gitledger.store.objects import read_commit

if TYPE_CHECKING:
    from gitledger.ledger.shell import Ledger


def refolded_tip(ledger: "Ledger", tip: str, actor: Any, now: str) -> str:
    """The tip itself, or an entry on top of it in which this version has made every record again; no ref moves."""
    pg = ledger.repo.pg
    root = read_commit(pg, tip).tree_id
    info = ledger_info(pg, root)
    if info is None or info.fold >= codec.FOLD_VERSION:
        return tip
    what = f"fold {info.fold} to {codec.FOLD_VERSION}"
    return chain.write_entry(
        ledger.repo,
        tip,
        {},
        base=refolded(pg, root),
        message=entry_message("refold", task_id=None, what=what, uids=(), actor=actor),
        author=author_of(actor.person or ""),
        seconds=int(ids.parse_time(now).timestamp()),
    )
