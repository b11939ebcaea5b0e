"""Who you are to the ledger."""

from typing import Literal

from gitledger.ops._base import Operation, World
from gitledger.ops._views import ActorView, View, actor_view


class HarnessView(View):
    """The program the actor works in. `kind`: agent_harness, ci, manual, unknown."""

    name: str
    kind: str
    session_id: str | None
    detected: str | None
    harness_id: str | None = None


class Surroundings(View):
    """What detection went by."""

    harness: str | None
    is_ci: bool
    has_terminal: bool


class Identity(View):
    """The actor that events made here would carry. `holder` is the key under which it holds claims."""

    actor: ActorView | None
    harness: HarnessView
    holder: str
    detected: Surroundings
    kind: Literal["taskledger_actor_identity"] = "taskledger_actor_identity"


def harness_view(world: World) -> HarnessView:
    """The harness that is named or detected."""
    name, host = world.actor.harness, world.host
    if name is None:
        kind = "unknown"
    elif name == "manual":
        kind = "manual"
    else:
        # Without a detected harness, the name that stands there in continuous integration is that system's.
        kind = "ci" if host.is_ci and host.harness is None else "agent_harness"
    return HarnessView(
        name=name or "unknown", kind=kind, session_id=world.actor.session, detected=host.harness
    )


class WhoAmI(Operation, frozen=True, kw_only=True):
    """Show who acts here: type, name, role, harness and session, as events record them."""

    command = "actor whoami"
    writes = False
    needs_ledger = False
    needs_index = False

    def show(self, world: World) -> Identity:
        host = world.host
        return Identity(
            actor=actor_view(world.actor),
            harness=harness_view(world),
            holder=world.actor.holder(),
            detected=Surroundings(harness=host.harness, is_ci=host.is_ci, has_terminal=host.has_terminal),
        )


OPERATIONS: tuple[type[Operation], ...] = (WhoAmI,)
