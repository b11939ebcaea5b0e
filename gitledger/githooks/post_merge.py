"""post-merge: name the ledgers of branches that were just merged and are not merged themselves; merge them when configured."""

from gitledger.errors import LedgerError, command_line
from gitledger.githooks.call import Call
from gitledger.ledger.following import Followed, ledgers_left_behind

SQUASH = "1"


def run(call: Call) -> int:
    """Look at what `git merge` or `git pull` has brought. A squash is no merge yet: its ledgers are only named."""
    ledger = call.ledger
    if ledger.tip is None:
        return 0
    is_squash = call.arg(0) == SQUASH
    for found in ledgers_left_behind(ledger, _merged_heads(call) if is_squash else None):
        if ledger.config.merge_with_code and not is_squash:
            _merge(call, found)
        else:
            _suggest(call, found)
    call.refresh_stamp()
    return 0


def _merged_heads(call: Call) -> list[str]:
    """The commits that `git merge --squash` took in: git names each in the environment."""
    return [name.removeprefix("GITHEAD_") for name in call.environ if name.startswith("GITHEAD_")]


def _suggest(call: Call, found: Followed) -> None:
    command = command_line(("gitledger", "ledger", "merge", found.ledger))
    call.say(f"Branch {found.branch} was merged, and its ledger {found.ledger} was not: {command}")


def _merge(call: Call, found: Followed) -> None:
    from gitledger.ops._merging import MergeLedger

    try:
        view = call.ledger.run(MergeLedger(source=found.ledger)).view
    except LedgerError as error:
        call.say(f"Ledger {found.ledger} could not be merged: {error.message}")
        _suggest(call, found)
        return
    moves = "".join(f"; {move.old} is {move.new} now" for move in view.renumbered)
    conflicts = f"; {len(view.conflicts)} fields to look at: gitledger conflicts" if view.conflicts else ""
    tasks = len(view.tasks_new) + len(view.tasks_united)
    call.say(f"Merged ledger {found.ledger} into {view.ledger}: {tasks} task{'' if tasks == 1 else 's'}{moves}{conflicts}")
