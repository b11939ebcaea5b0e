"""The dossier of a task: its whole context, for whoever begins with nothing else."""

from typing import Annotated, Literal

from gitledger.ops._base import Operation, TaskOperation, opt
from gitledger.ops._world import World
from gitledger.ops.context import ShowContext, WorkerContext


class ShowDossier(TaskOperation, frozen=True, kw_only=True):
    """Show everything there is to know about a task: the same as `context --for full`."""

    command = "task dossier"
    writes = False

    format: Annotated[Literal["markdown", "text", "json"], opt("How it is given; text is the same as markdown.")] = (
        "markdown"
    )

    def show(self, world: World) -> str | WorkerContext:
        return ShowContext(task=self.task, format=self.format).show(world)


OPERATIONS: tuple[type[Operation], ...] = (ShowDossier,)
