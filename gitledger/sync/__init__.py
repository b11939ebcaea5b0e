"""Exchanging ledgers with other repositories: fetch, check, merge, settle, push by compare-and-swap."""

from gitledger.sync.exchange import Sync, run

__all__ = ["Sync", "run"]
