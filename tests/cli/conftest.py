"""The toy noun, beside the real ones, while a test of the command line runs."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def toys(monkeypatch):
    """The noun `toy` on the command line."""
    import toys

    from gitledger.cli import groups
    from gitledger.ops import _registry

    monkeypatch.setitem(groups.NOUNS, "toy", ("toy", "Toys for tests."))
    real = _registry.own_operations
    monkeypatch.setattr(_registry, "own_operations", lambda name: toys.TOYS if name == "toy" else real(name))
    return toys
