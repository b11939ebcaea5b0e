"""prepare-commit-msg and commit-msg, where the shell could not tell by itself what is current: it gets a fresh stamp."""

from gitledger.githooks.call import Call
from gitledger.ledger.hooks import run_message_hook


def run(call: Call) -> int:
    """Let the shell put the trailers into the message file, the first argument."""
    for line in run_message_hook(call.ledger, call.hook, call.args).splitlines():
        call.say(line.removeprefix("gitledger: "))
    return 0
