"""Who you are to the ledger: shown, and said once for this repository."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation, SettingOperation, opt, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, View, actor_view
from gitledger.ops._world import World

ActorType = Literal["agent", "user", "system"]
ActorRole = Literal["planner", "implementer", "validator", "reviewer", "operator"]
HarnessKind = Literal["agent_harness", "manual", "ci", "unknown"]


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
    elif host.kind is not None:
        kind = host.kind
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


# ---------------------------------------------------------------------------------------------- for this repository


class StoredActor(View):
    """Who acts here from now on, where neither options nor the environment say otherwise."""

    actor: ActorView
    setting: str
    value: str
    changed: bool
    kind: Literal["actor_set"] = "actor_set"


class StoredHarness(View):
    """The program that actors here work in from now on, where the environment says nothing else."""

    harness: HarnessView
    setting: str
    value: str
    changed: bool
    kind: Literal["harness_set"] = "harness_set"


class ClearedActor(View):
    """The setting is gone; `cleared`: there was one."""

    cleared: bool
    kind: Literal["actor_clear"] = "actor_clear"


class ClearedHarness(View):
    """The setting is gone; `cleared`: there was one."""

    cleared: bool
    kind: Literal["harness_clear"] = "harness_clear"


def _word(text: str, option: str) -> str:
    """One printable word for a setting whose parts are joined by colons."""
    word = require_text(text, option).strip()
    if len(word) > 200 or not word.isprintable() or ":" in word:
        raise InvalidInput(f"{option} must be one line of at most 200 printable characters, without a colon.")
    return word


def _refuse_session(session: str | None) -> None:
    """A session is one run of one program, and a repository is there for many at once."""
    if session is not None:
        raise InvalidInput(
            "A session cannot be set for a repository: others work in it at the same time.",
            hint=(PROGRAM, "actor", "whoami"),
            remediation=("Name it in the environment of your own programs: GITLEDGER_SESSION.",),
        )


class SetActor(SettingOperation, frozen=True, kw_only=True):
    """Say once who acts in this repository: in git's setting taskledger.actor, for every command of this clone.

    Options and the environment still go before it. --tool names the program as `harness set` does. A session is set
    with GITLEDGER_SESSION in the environment, and not for a whole repository.
    """

    command = "actor set"

    type: Annotated[ActorType, opt("What kind of actor.")]
    name: Annotated[str, opt("The name.")]
    role: Annotated[ActorRole | None, opt("The role.")] = None
    tool: Annotated[str | None, opt("The program that the actor works in.")] = None
    session_id: Annotated[str | None, opt("Refused: a session belongs to a process and not to a repository.")] = None

    def perform(self, identity: Any) -> StoredActor:
        from gitledger.model.task import Actor

        _refuse_session(self.session_id)
        name = _word(self.name, "--name")
        tool = _word(self.tool, "--tool") if self.tool is not None else None
        value = ":".join(filter(None, (self.type, name, self.role)))
        changed = identity.set("taskledger.actor", value)
        if tool is not None:
            changed = identity.set("taskledger.harness", tool) or changed
        view = actor_view(Actor(type=self.type, name=name, role=self.role, harness=tool))
        assert view is not None
        view.tool = tool
        return StoredActor(actor=view, setting="taskledger.actor", value=value, changed=changed)


class ClearActor(SettingOperation, frozen=True, kw_only=True):
    """Forget who acts in this repository: from now on it is detected again."""

    command = "actor clear"

    def perform(self, identity: Any) -> ClearedActor:
        return ClearedActor(cleared=identity.clear("taskledger.actor"))


class SetHarness(SettingOperation, frozen=True, kw_only=True):
    """Say once which program actors in this repository work in: in git's setting taskledger.harness."""

    command = "harness set"

    name: Annotated[str, opt("The program's name, like codex.")]
    kind: Annotated[HarnessKind | None, opt("What it is; left out, that follows from the name.")] = None
    session_id: Annotated[str | None, opt("Refused: a session belongs to a process and not to a repository.")] = None

    def perform(self, identity: Any) -> StoredHarness:
        _refuse_session(self.session_id)
        name = _word(self.name, "--name")
        value = name if self.kind is None else f"{self.kind}:{name}"
        changed = identity.set("taskledger.harness", value)
        kind = self.kind or ("manual" if name == "manual" else "agent_harness")
        return StoredHarness(
            harness=HarnessView(name=name, kind=kind, session_id=None, detected=None),
            setting="taskledger.harness",
            value=value,
            changed=changed,
        )


class ClearHarness(SettingOperation, frozen=True, kw_only=True):
    """Forget which program actors in this repository work in: from now on it is detected again."""

    command = "harness clear"

    def perform(self, identity: Any) -> ClearedHarness:
        return ClearedHarness(cleared=identity.clear("taskledger.harness"))


OPERATIONS: tuple[type[Operation], ...] = (WhoAmI, SetActor, ClearActor, SetHarness, ClearHarness)
