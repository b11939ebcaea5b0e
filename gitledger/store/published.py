"""Moved: see `store/tracking.py`."""

from gitledger.store.tracking import elected_remote, is_published

__all__ = ["elected_remote", "is_published"]
