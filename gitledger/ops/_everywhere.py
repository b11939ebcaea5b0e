"""The tasks of all ledgers of a repository, each once: so that a forked ledger hides nobody's work by accident."""

from msgspec import Struct

from gitledger.model.task import Row
from gitledger.ops._base import World


class Everywhere(Struct, frozen=True):
    """A task as the ledger has it that knows the most of it; `ledgers` are all that have it, that one first."""

    row: Row
    ledgers: list[str]

    @property
    def ledger(self) -> str:
        """The ledger whose state this is."""
        return self.ledgers[0]


def rows_everywhere(world: World, *, archived: bool = False) -> list[Everywhere]:
    """The tasks of all local ledgers by number, deduplicated by uid: the state changed last stands, ours in a tie."""
    found: dict[str, Everywhere] = {}
    names = [world.ledger, *(name for name in world.ledgers() if name != world.ledger)]
    for name in names:
        source = world.source if name == world.ledger else world.foreign(name)
        for row in source.rows(archived=archived):
            known = found.get(row.uid)
            if known is None:
                found[row.uid] = Everywhere(row, [name])
            elif row.updated_at > known.row.updated_at:
                found[row.uid] = Everywhere(row, [name, *known.ledgers])
            else:
                known.ledgers.append(name)
    return sorted(found.values(), key=lambda item: (item.row.number, item.row.uid))
