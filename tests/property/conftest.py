"""How many histories: CI runs the same ones every time; `--hypothesis-profile=long` runs thirty times as many, at random."""

from hypothesis import settings

import pytest

settings.register_profile("long", max_examples=3000, derandomize=False, deadline=None, print_blob=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The long run may take as long as it takes."""
    if config.getoption("--hypothesis-profile", None) == "long":
        for item in items:
            # In front of the mark that the test itself bears, for the first one counts.
            item.add_marker(pytest.mark.timeout(0), append=False)
