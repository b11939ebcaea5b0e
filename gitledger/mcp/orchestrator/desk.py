"""Where a call is carried out: it looks at the ledger, or lets operations write to it in one entry."""

from collections.abc import Callable
from typing import Any, TypeVar

from gitledger.errors import StorageError
from gitledger.mcp.calls import Progress, Surroundings, perform
from gitledger.ops._base import Decision, Operation
from gitledger.ops._drive import ask_guards
from gitledger.ops._world import World

Answer = TypeVar("Answer")


class Desk:
    """One call: the repository, the folder that files are named from, and which arguments were given.

    `environ` may say where the reference's files lie.
    """

    def __init__(
        self,
        around: Surroundings,
        folder: str,
        given: frozenset[str],
        progress: Progress,
        look: Callable[[], None],
    ) -> None:
        self.around = around
        self.folder = folder
        self.given = given
        self._progress = progress
        self._look = look

    def run(self, op: Operation) -> Any:
        """What an operation answers. A ledger begins with the first that records something."""
        try:
            return perform(self.around, op, None, self._progress, self._look).view
        except StorageError as error:
            if error.code != "NOT_INITIALISED" or not op.writes:
                raise
        return perform(self.around, _Beginning(first=op), None, self._progress, self._look).view

    def read(self, show: Callable[[World], Answer]) -> Answer:
        """What `show` reads; a ledger that is not there yet is empty."""
        return self.run(_Reading(read=show))

    def write(self, command: str, decide: Callable[[World], Decision], show: Callable[[World], Answer]) -> Answer:
        """What `show` reads after `decide`, whose events make one entry under the name of `command`."""
        return self.run(_Writing(name=command, make=decide, tell=show))


def carry_out(world: World, op: Operation) -> Decision:
    """What an operation decides within another, once its guards have been asked."""
    ask_guards(op, world)
    yield from op.decide(world)


class _Reading(Operation, frozen=True, kw_only=True):
    """Look at the ledger."""

    command = "mcp"
    writes = False
    needs_ledger = False

    read: Callable[[World], Any]

    def show(self, world: World) -> Any:
        return self.read(world)


class _Beginning(Operation, frozen=True, kw_only=True):
    """An operation that makes the ledger in which it is recorded, in the same entry."""

    needs_ledger = False

    first: Operation

    @property
    def command(self) -> str:  # type: ignore[override]
        return self.first.command

    def decide(self, world: World) -> Decision:
        from gitledger.ops.ledger import InitLedger

        yield from carry_out(world, self.first)
        if world.events:
            yield from InitLedger().decide(world)

    def what(self, world: World) -> str:
        return self.first.what(world)

    def show(self, world: World) -> Any:
        return self.first.show(world)


class _Writing(Operation, frozen=True, kw_only=True):
    """Several operations in one entry, which bears the name of the first. A claim is taken where one of them takes it."""

    name: str
    make: Callable[[World], Decision]
    tell: Callable[[World], Any]

    @property
    def command(self) -> str:  # type: ignore[override]
        return self.name

    def decide(self, world: World) -> Decision:
        yield from self.make(world)

    def show(self, world: World) -> Any:
        return self.tell(world)
