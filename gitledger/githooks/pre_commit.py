"""pre-commit: ask the team's policy whether a commit may be made now. The index is only read."""

from gitledger.errors import Refused
from gitledger.githooks.call import Call
from gitledger.ops._commit_gate import CODE, CheckCommit
from gitledger.store.moves import under_way


def run(call: Call) -> int:
    """Let the commit go on (0) or refuse it (3). What git makes of commits that were judged before is not judged again."""
    ledger = call.ledger
    if ledger.policy.commits == "off":
        # The shim has asked because its stamp was out of date; the other hooks of this commit need not ask again.
        call.refresh_stamp()
        return 0
    if under_way(ledger.repo.git_dir) is not None:
        return 0
    try:
        view = ledger.run(CheckCommit()).view
    except Refused as refusal:
        if refusal.code != CODE:
            raise
        return _refuse(call, refusal)
    if not view.ok:
        call.say(f"warning: {view.reason}")
        _help(call, view.blocking[0].get("command_hint"))
    return 0


def _refuse(call: Call, refusal: Refused) -> int:
    if call.ledger.config.override is not None:
        call.say(f"The policy is passed over ({refusal.message.rstrip('.')}); that is recorded with the commit.")
        return 0
    call.say(f"{refusal.code}: {refusal.message}")
    _help(call, refusal.hint_text)
    return refusal.exit_code


def _help(call: Call, command: str | None) -> None:
    if command:
        call.say(f"help: {command}")
