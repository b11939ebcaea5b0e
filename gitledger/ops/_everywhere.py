"""Listings over all ledgers of a repository, each thing once: so that a forked ledger hides nobody's work by accident."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Annotated, Generic, TypeVar

from msgspec import Struct

from gitledger.errors import NotFound, StorageError
from gitledger.model.task import Row
from gitledger.ops._base import Operation, opt
from gitledger.ops._world import Source, World

T = TypeVar("T")

AllLedgers = Annotated[bool, opt("Look into every ledger of this repository, and list each thing once.")]


class Listing(Operation, frozen=True, kw_only=True):
    """A listing over tasks: of this ledger, or with --all-ledgers of all that the repository has.

    One that takes a task too (a `TaskOperation`) has the field `all_ledgers: AllLedgers = False` of its own.
    """

    all_ledgers: AllLedgers = False


class Placed(Struct, Generic[T], frozen=True):
    """A thing as the ledger has it that knows the most of it; `ledgers` are all that have it, that one first."""

    thing: T
    ledgers: list[str]

    @property
    def ledger(self) -> str:
        """The ledger whose state this is."""
        return self.ledgers[0]


def sources(world: World, is_everywhere: bool) -> Iterator[tuple[str, Source]]:
    """This ledger, and if asked for all others of the repository; one that cannot be read is told of and left out."""
    yield world.ledger, world.source
    for name in world.ledgers() if is_everywhere else ():
        if name == world.ledger:
            continue
        try:
            source = world.foreign(name)
        except (StorageError, NotFound) as error:
            world.warnings.append(f"Ledger {name} could not be read, and is left out: {error.message}")
        else:
            yield name, source


def each_once(
    found: Iterable[tuple[str, T]], key: Callable[[T], Hashable], age: Callable[[T], str] = lambda thing: ""
) -> list[Placed[T]]:
    """What several ledgers hold, deduplicated by `key`: the greatest `age` (a time) stands, the ledger that comes first in a tie."""
    placed: dict[Hashable, Placed[T]] = {}
    for ledger, thing in found:
        known = placed.get(key(thing))
        if known is None:
            placed[key(thing)] = Placed(thing, [ledger])
        elif age(thing) > age(known.thing):
            placed[key(thing)] = Placed(thing, [ledger, *known.ledgers])
        else:
            known.ledgers.append(ledger)
    return list(placed.values())


def rows_everywhere(world: World, *, archived: bool = False) -> list[Placed[Row]]:
    """The tasks of all local ledgers by number, each once: the state changed last stands, ours in a tie."""
    rows = ((name, row) for name, source in sources(world, True) for row in source.rows(archived=archived))
    placed = each_once(rows, lambda row: row.uid, lambda row: row.updated_at)
    return sorted(placed, key=lambda item: (item.thing.number, item.thing.uid))
