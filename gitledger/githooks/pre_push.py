"""pre-push: ask the team's policy whether every pushed commit belongs to a task, and take the branches' ledgers along."""

from typing import Any, NamedTuple

import re

from gitledger.errors import LedgerError, Refused, SyncError, command_line
from gitledger.githooks.call import Call
from gitledger.ledger.following import ledgers_of
from gitledger.store.tracking import elected_remote

LISTED = 10
CHECKED = 5000
TRANSFER_S = 30.0
_OID = re.compile(r"[0-9a-f]{40}")
# A ledger is pushed; the password in an address is not.
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]*@")


class Update(NamedTuple):
    """A ref that is being pushed: what it is called here and there, and its commits now and as the remote says (None: it has none)."""

    here: str
    new: str
    there: str
    old: str | None


def run(call: Call) -> int:
    """Arguments are the remote's name and address; standard input has a line for each ref. 3 and 8 stop the push."""
    updates = _updates(call)
    remote = call.arg(0)
    if not _belong(call, remote, updates):
        return Refused.exit_code
    return 0 if _take_along(call, remote, updates) else SyncError.exit_code


def _updates(call: Call) -> list[Update]:
    """What is pushed of the source code: no deletions, no ledgers, no notes."""
    own = ("refs/taskledger", "refs/notes/", call.ledger.config.remote_namespace + "/")
    found = []
    for line in call.lines():
        here, new, there, old = (line.split(" ") + [""] * 4)[:4]
        is_code = not here.startswith(own) and not there.startswith(own)
        if is_code and _OID.fullmatch(new) and new.strip("0"):
            found.append(Update(here, new, there, old if _OID.fullmatch(old) and old.strip("0") else None))
    return found


# ---------------------------------------------------------------------------------------------- policy


def _belong(call: Call, remote: str, updates: list[Update]) -> bool:
    """Whether the push may go on: nothing is asked, every commit belongs to a task, or the rest is only told."""
    try:
        policy = call.ledger.policy.commits
        left = _unassigned(call, remote, updates) if updates and policy != "off" else []
    except LedgerError as error:
        call.say(f"The policy for commits was not asked: {error.message}")
        return True
    if not left:
        return True
    many = f"{len(left)} commit{'' if len(left) == 1 else 's'}"
    is_passed = call.ledger.config.override is not None
    word = "warning: " if policy == "warn" or is_passed else "GATE_BLOCKED: "
    call.say(f"{word}{many} to be pushed belong{'s' if len(left) == 1 else ''} to no task:")
    for commit in left[:LISTED]:
        call.say(f"- {commit.short} {commit.subject}")
    if len(left) > LISTED:
        call.say(f"- and {len(left) - LISTED} more")
    if policy == "warn":
        return True
    if is_passed:
        _record(call, remote, updates)
        return True
    call.say(f"help: {command_line(('gitledger', 'commits', 'link', left[0].short, '--task', 'TASK'))}")
    return False


def _unassigned(call: Call, remote: str, updates: list[Update]) -> list[Any]:
    from gitledger.ledger.pending import unpushed_commits
    from gitledger.ops._unassigned import CheckPushed

    named = remote if call.ledger.repo.setting(f"remote.{remote}.url") is not None else None
    known = [update.old for update in updates if update.old is not None]
    commits = unpushed_commits(call.ledger, named, [update.new for update in updates], known, CHECKED)
    return call.ledger.run(CheckPushed(commits=tuple(commits))).view.commits if commits else []


def _record(call: Call, remote: str, updates: list[Update]) -> None:
    """Record the override. Git runs no hook after a push: what is recorded is that it was let through."""
    from gitledger.ops._commit_gate import PassGate

    reason = call.ledger.config.override
    assert reason is not None  # that is why we are here
    refs = " ".join(f"{update.new}:{update.there}" for update in updates[:LISTED])
    try:
        call.ledger.run(PassGate(reason=reason, what_was_done=f"git push {_CREDENTIALS.sub(r'', remote)} {refs}"))
    except LedgerError as error:
        call.say(f"The override was not recorded: {error.message}")


# ---------------------------------------------------------------------------------------------- ledgers


def _take_along(call: Call, remote: str, updates: list[Update]) -> bool:
    """Sync the ledgers of the pushed branches, if configured; whether the push may go on."""
    config = call.ledger.config
    if config.push_with_code == "false" or elected_remote(call.ledger.repo) != remote:
        return True
    went_well = True
    for name in ledgers_of(call.ledger, _branches(call, updates)):
        try:
            _sync(call, name, remote)
        except LedgerError as error:
            went_well = False
            call.say(f"Ledger {name} was not synced with {remote}: {error.message}")
            call.say(f"help: {command_line(('gitledger', '--ledger', name, 'sync'))}")
    if not went_well and config.push_with_code == "require":
        call.say("taskledger.pushWithCode is `require`, so nothing was pushed.")
        return False
    return True


def _branches(call: Call, updates: list[Update]) -> list[str]:
    head = f"refs/heads/{call.ledger.repo.branch() or ''}"
    refs = [head if update.here == "HEAD" else update.here for update in updates]
    return [ref.removeprefix("refs/heads/") for ref in refs if ref.startswith("refs/heads/") and ref != "refs/heads/"]


def _sync(call: Call, name: str, remote: str) -> None:
    from gitledger.ops.sync import SyncLedgers
    from gitledger.sync import Sync

    ledger = call.ledger if name == call.ledger.name else call.ledger.at(name)
    sync = Sync(ledger, asks=False)
    sync.timeout = TRANSFER_S
    if not sync.is_shared(name):
        return
    view = SyncLedgers(remote=remote).perform(sync)
    for one in view.ledgers:
        for move in one.renumbered:
            call.say(f"{move.old} is {move.new} now in ledger {one.ledger}: another task has that number at {remote}.")
        if one.message:
            call.say(f"Ledger {one.ledger}: {one.message}")
    for warning in sync.warnings:
        call.say(warning)
