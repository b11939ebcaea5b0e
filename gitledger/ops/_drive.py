"""How an operation's decision becomes sealed events: guards first, then one event at a time. No input or output happens here."""

from typing import Any

from gitledger.errors import StorageError
from gitledger.ops._base import Operation
from gitledger.ops._facts import PROGRAM
from gitledger.ops._world import World


def ask_guards(op: Operation, world: World) -> None:
    """Raise the refusal of the first guard that says no."""
    for guard in op.guards:
        refusal = guard(world, op)
        if refusal is not None:
            raise refusal


def drive(op: Operation, world: World) -> list[Any]:
    """Run guards and `decide`, seal every intent into an event, and fold it at once. Returns the sealed events.

    Pure: the events exist only in `world` until somebody appends them to a ledger.
    """
    from gitledger.model import codec, fold

    ask_guards(op, world)
    decision = op.decide(world)
    sent = None
    while True:
        try:
            intent = decision.send(sent)
        except StopIteration:
            _warn_of_losses(world)
            return world.events
        state = world.states.get(intent.uid)
        if state is None:
            state = _start(world, intent.uid)
        _refuse_unknown(state)
        codec.check_payload(intent.payload)
        sent = codec.seal(
            intent.payload,
            task=intent.uid,
            clock=state.clock + 1,
            after=state.heads,
            nonce=world.new_nonce(),
            at=world.now,
            op=op.command,
            actor=world.actor,
            request=world.request,
        )
        world.states[intent.uid] = fold.extend(state, sent)
        world.events.append(sent)


def _warn_of_losses(world: World) -> None:
    """Who writes to a task hears of it where a sync has ended their claim on it."""
    holder = world.actor.holder()
    written = [state.task for uid, state in world.states.items() if uid is not None]
    tasks = [task for task in written if any(claim.holder != holder for claim in task.claims)]
    if tasks:
        from gitledger.ops import _claim_rules

        _claim_rules.warn_of_losses(world, tasks)


def _start(world: World, uid: str | None) -> Any:
    from gitledger.model import fold

    if uid is None:
        return fold.start_book(world.source.book())
    return fold.start(uid, world.record(uid), lambda name: world.source.text(uid, name))


def _refuse_unknown(state: Any) -> None:
    if state.unknown:
        raise StorageError(
            f"This task holds events that this version does not understand: {', '.join(state.unknown)}.",
            code="UPGRADE_REQUIRED",
            hint=(PROGRAM, "version"),
            remediation=("Upgrade gitledger, then try again. Reading goes on.",),
            details={"types": list(state.unknown)},
        )
