"""Claims for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given
from gitledger.cli.render._views import actor_name, claim_text, show_next
from gitledger.cli.text import count, moment


def render_shown(view: Any, op: Any, console: Console) -> None:
    """The claim on a task."""
    if view.lock is None:
        console.line(f"nobody has claimed {view.task_id}")
        return
    word = Styled("was claimed, and the claim has run out:", "yellow") if view.lock.expired else "is claimed:"
    console.line(f"{view.task_id} ", word, " ", claim_text(view.lock))
    console.fields([("reason", view.lock.reason)], indent=2)
    if len(view.locks) > 1:
        console.line(f"  {count(len(view.locks), 'claim')} are open, from before a merge:")
        for lock in view.locks:
            console.line("  - ", claim_text(lock))


def render_list(view: Any, op: Any, console: Console) -> None:
    """Every open claim."""
    if not view.locks:
        console.line("no task is claimed")
        return
    console.table([_row(lock) for lock in view.locks])


def _row(lock: Any) -> list[Cell | None]:
    ledgers = [", ".join(lock.ledgers)] if given(lock.ledgers) else []
    return [lock.task_id, lock.stage, lock.run_id, actor_name(lock.holder), _until(lock), *ledgers]


def _until(lock: Any) -> Styled:
    return Styled(("expired " if lock.expired else "until ") + moment(lock.expires_at), "red" if lock.expired else "")


def render_broken(view: Any, op: Any, console: Console) -> None:
    """A claim that was ended."""
    console.line(f"broke {count(len(view.locks), 'claim')} on {view.task_id}")
    for lock in view.locks:
        console.line("  - ", claim_text(lock))
    console.fields([("reason", view.reason)], indent=2)
    show_next(view.next_command, console)


RENDERERS: dict[str, Renderer] = {
    "LockShown": render_shown,
    "LockList": render_list,
    "LockBroken": render_broken,
}
