"""How functions that apply events enter the table by event type, and what several of them need."""

from collections.abc import Callable
from typing import Any

Apply = Callable[[Any, Any, Any], None]


class Table(dict[str, Apply]):
    """What each event type does: type → function of the state, the event, and the event's data."""

    def applies(self, type_name: str) -> Callable[[Apply], Apply]:
        """Enter the decorated function for this event type."""

        def register(function: Apply) -> Apply:
            self[type_name] = function
            return function

        return register


def find_item(items: list[Any], item_id: str) -> Any:
    """The item created by the event `item_id`, or None."""
    return next((item for item in items if item.id == item_id), None)
