"""post-checkout: a new branch keeps its parent's ledger; where the ledger is another now, one line says so."""

from gitledger.errors import NotFound
from gitledger.githooks.call import Call
from gitledger.ledger.inheriting import keep_parents_ledger, ledger_left
from gitledger.store.moves import under_way


def run(call: Call) -> int:
    """After a checkout of a branch or commit (not of files: third argument 1), and outside of what git does by itself."""
    if call.arg(2) != "1" or under_way(call.ledger.repo.git_dir) is not None:
        return 0
    before = ledger_left(call.ledger)
    if keep_parents_ledger(call.ledger) is not None:
        call.reopen()
    call.refresh_stamp()
    if before != call.ledger.name and call.ledger.tip is not None:
        call.say(f"ledger: {call.ledger.name}, active: {_active(call) or 'none'}")
    return 0


def _active(call: Call) -> str | None:
    from gitledger.ops._activating import ShowActive

    try:
        return call.ledger.run(ShowActive()).view.task_id
    except NotFound:
        return None
