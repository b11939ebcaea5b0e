"""gitledger: a task ledger for coding agents and people, kept inside git itself. Importing this touches no disk."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["Ledger", "LedgerError", "__version__", "open_ledger"]


def __getattr__(name: str) -> Any:
    """Load the public names when they are first used (PEP 562), so that importing the package costs nothing."""
    if name in ("Ledger", "open_ledger"):
        from gitledger import ledger

        return getattr(ledger, name)
    if name == "LedgerError":
        from gitledger.errors import LedgerError

        return LedgerError
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
