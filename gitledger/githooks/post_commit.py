"""post-commit: record the commit on the active task. What it says it says when something went wrong."""

from gitledger.errors import LedgerError, NotFound, Refused
from gitledger.githooks.call import Call
from gitledger.ledger import Ledger
from gitledger.ops._recording import RecordCommit
from gitledger.store.moves import last_move, under_way

# What git calls commits that conclude a merge or a cherry-pick that had stopped: the work in them is that of others.
TAKEN_OVER = ("commit (merge)", "commit (cherry-pick)")


def run(call: Call) -> int:
    """Record HEAD, unless git made it out of other commits: then post-rewrite, or `commits reconcile`, follows those."""
    ledger = call.ledger
    git_dir = ledger.repo.git_dir
    move = last_move(git_dir, "HEAD")
    # `git revert` says so; anything else may have moved HEAD for an own reason (GIT_REFLOG_ACTION), or keep no reflog.
    made_by = move.what.partition(":")[0] if move is not None else ""
    if under_way(git_dir) is not None or made_by in TAKEN_OVER:
        return 0
    # Judged before it is recorded: that renews the claim that is asked about.
    refusal = _judge(call) if made_by != "revert" else None
    try:
        outcome = ledger.run(RecordCommit(source="hook"))
        for warning in outcome.warnings:
            call.say(warning)
    except NotFound as error:
        if error.code not in ("NO_ACTIVE_TASK", "ACTIVE_TASK_NOT_FOUND"):
            raise
    if refusal is not None:
        _tell(call, refusal)
    return 0


def _judge(call: Call) -> LedgerError | None:
    """What the policy would have said of the commit, where that is a refusal, or why it could not be asked."""
    ledger = call.ledger
    try:
        if ledger.policy.commits == "require":
            from gitledger.ops._commit_gate import CheckMade

            ledger.run(CheckMade(made=tuple(_changed(ledger))))
    except LedgerError as error:
        return error
    return None


def _changed(ledger: Ledger) -> list[str]:
    """The files that the commit changed, where the policy asks for them."""
    from gitledger.ledger.pending import committed_paths

    head = ledger.repo.head()
    return committed_paths(ledger, head) if head is not None and ledger.policy.commit_paths == "plan" else []


def _tell(call: Call, refusal: LedgerError) -> None:
    """Record an override with the commit that it let through; of one that nobody gave, tell."""
    from gitledger.ops._commit_gate import CODE, PassGate

    reason = call.ledger.config.override
    if not isinstance(refusal, Refused) or refusal.code != CODE:
        call.say(f"The policy for commits was not asked: {refusal.message}")
    elif reason is None:
        call.say(f"This commit went past the policy: {refusal.message}")
    else:
        call.ledger.run(PassGate(reason=reason, what_was_done=f"git commit {call.ledger.repo.head()}"))
