"""post-rewrite: lead what was recorded of amended and rebased commits to those that took their place."""

from gitledger.githooks.call import Call
from gitledger.ops._recovering import ReconcileCommits


def run(call: Call) -> int:
    """Read `OLD NEW` lines from git. Notes that git has copied already (`notes.rewriteRef`) are not doubled."""
    pairs = "\n".join(call.lines())
    ledger = call.ledger
    if pairs.strip():
        for warning in ledger.run(ReconcileCommits(pairs=pairs)).warnings:
            call.say(warning)
    # A rebase that began with a checkout ends on another branch without telling post-checkout.
    call.refresh_stamp()
    return 0
