"""What is ready in all ledgers of a repository, each task once: as the ledger has it that changed it last."""

from msgspec.structs import replace

from gitledger.model.listing import Wanted, ready_order
from gitledger.model.task import Row
from gitledger.ops._base import World
from gitledger.ops._everywhere import Placed, each_once, sources


def ready_everywhere(world: World, wanted: Wanted) -> tuple[list[Placed[Row]], int]:
    """The first tasks of all local ledgers that the actor could work on now, and how many there are."""
    ready: dict[str, set[str]] = {}
    rows: list[tuple[str, Row]] = []
    for name, source in sources(world, True):
        ready[name] = {row.uid for row in source.graph().ready(replace(wanted, limit=0))[0]}
        rows += [(name, row) for row in source.rows(archived=True)]
    placed = each_once(rows, lambda row: row.uid, lambda row: row.updated_at)
    found = [item for item in placed if item.thing.uid in ready[item.ledger]]
    found.sort(key=lambda item: ready_order(item.thing, wanted))
    return (found[: wanted.limit] if wanted.limit else found), len(found)
