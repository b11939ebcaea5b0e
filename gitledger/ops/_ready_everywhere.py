"""What is picked out of all ledgers of a repository, each task once: as the ledger has it that changed it last."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from gitledger.model.listing import Wanted, ready_order
from gitledger.model.task import Row
from gitledger.ops._everywhere import Placed, each_once, sources
from gitledger.ops._world import World

if TYPE_CHECKING:
    from gitledger.ops._graph import Graph


def ready_everywhere(world: World, wanted: Wanted) -> tuple[list[Placed[Row]], int]:
    """The first tasks of all local ledgers that the actor could work on now, and how many there are."""
    found = picked_everywhere(
        world, lambda graph: graph.ready(replace(wanted, limit=0))[0], lambda row: ready_order(row, wanted)
    )
    return found[: wanted.limit or None], len(found)


def picked_everywhere(
    world: World, pick: "Callable[[Graph], list[Row]]", order: Callable[[Row], Any]
) -> list[Placed[Row]]:
    """The tasks that the ledger which changed them last picks, in this order."""
    picked: dict[str, set[str]] = {}
    rows: list[tuple[str, Row]] = []
    for name, source in sources(world, True):
        picked[name] = {row.uid for row in pick(source.graph())}
        rows += [(name, row) for row in source.rows(archived=True)]
    placed = each_once(rows, lambda row: row.uid, lambda row: row.updated_at)
    found = [item for item in placed if item.thing.uid in picked[item.ledger]]
    return sorted(found, key=lambda item: order(item.thing))
