"""The shell around the pure core: `open_ledger`, `Ledger.run`, and the operations that only move refs."""

from gitledger.ledger.shell import Ledger, Outcome, open_ledger

__all__ = ["Ledger", "Outcome", "open_ledger"]
