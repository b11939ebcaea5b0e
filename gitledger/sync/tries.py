"""How often an exchange starts again: what the remote did not take is a lost race, or a refusal that stays one."""

from collections.abc import Iterable

import random
import time

from gitledger.errors import SyncError
from gitledger.git.remote import Pushed
from gitledger.sync.link import Link
from gitledger.sync.remote import Remote

_REFUSALS = 3


class Tries:
    """The tries of one exchange with a remote, one and at most `taskledger.syncRetries` more. `so_far` is what has become of it."""

    def __init__(self, link: Link, remote: Remote, so_far: str) -> None:
        self.link = link
        self.remote = remote
        self.so_far = so_far
        self.count = 1
        self._refused = 0
        self._tips: dict[str, str] = {}
        self._busy: Pushed | None = None

    def weigh(self, answers: Iterable[Pushed], tips: dict[str, str]) -> None:
        """Raise where the remote has refused for good: by a hook, or again and again while nothing moved there.

        `tips` is what it had before. A server that is busy with somebody else's push is tried like one where a race was lost.
        """
        answers = list(answers)
        refusals = [answer for answer in answers if answer.outcome == "refused"]
        if any(answer.outcome in ("stale", "busy") for answer in answers):
            # All or none: these were given up for the sake of another's race.
            refusals = [answer for answer in refusals if "atomic" not in answer.reason]
        # A server that lost the race words it as it likes: a refusal is one only while nothing moves there.
        self._refused = self._refused + 1 if refusals and tips == self._tips else int(bool(refusals))
        self._tips = tips
        self._busy = next((answer for answer in answers if answer.outcome == "busy"), None)
        refuse(self.link, self.remote, refusals, is_final=self._refused >= _REFUSALS)

    def again(self) -> None:
        """Let the others go first, for a moment that grows. Raises SyncError where it has been tried often enough."""
        if self.count > self.link.ledger.config.sync_retries:
            raise busy(self.remote, self._busy, self.count, self.so_far) if self._busy is not None else self._overtaken()
        time.sleep(random.uniform(0, min(0.05 * 2**self.count, 1.0)))
        self.count += 1

    def _overtaken(self) -> SyncError:
        return SyncError(
            f"Others were faster {self.count} times; {self.so_far}.",
            code="REMOTE_RACE",
            hint=("gitledger", "sync"),
            details={"remote": self.remote.name, "attempts": self.count},
        )


def busy(remote: Remote, answer: Pushed, count: int, so_far: str) -> SyncError:
    """The error for a remote that could not set a ref, whoever held it."""
    often = f" {count} times" if count > 1 else ""
    return SyncError(
        f"{remote.name} was busy{often} ({answer.reason}); {so_far}.",
        code="REMOTE_RACE",
        hint=("gitledger", "sync"),
        remediation=(f"Where nobody else pushes, ask who runs {remote.name}: a killed process may have left the ref's lock.",),
        details={"remote": remote.name, "attempts": count, "ref": answer.ref, "reason": answer.reason, "stderr": answer.said},
    )


def refuse(link: Link, remote: Remote, refusals: list[Pushed], *, is_final: bool) -> None:
    """Raise where a refusal is a hook's, or `is_final`; one that is of the notes alone lets the ledger go without them."""
    guilty = [answer for answer in refusals if "atomic" not in answer.reason] or refusals
    if not guilty:
        return
    if link.takes_notes and all(answer.ref == remote.notes for answer in guilty):
        link.takes_notes = False
        link.warnings.append(f"{remote.name} does not take notes ({guilty[0].reason}); the ledger goes without them.")
        return
    first = next((answer for answer in guilty if answer.ref != remote.notes), guilty[0])
    details = {"remote": remote.name, "ref": first.ref, "reason": first.reason, "stderr": first.said}
    if first.is_hook:
        raise SyncError(
            f"A hook of {remote.name} turned {first.ref} down; nothing was changed here.",
            code="REMOTE_HOOK",
            hint=("gitledger", "remote", "status"),
            remediation=tuple(line for line in first.said.splitlines() if line.startswith("remote: "))[:5],
            details=details,
        )
    if not is_final:
        return
    is_default = remote.namespace == "refs/taskledger"
    raise SyncError(
        f"{remote.name} does not take {first.ref}: {first.reason}.",
        code="REMOTE_REJECTED",
        hint=("git", "config", "taskledger.remoteNamespace", "refs/heads/taskledger")
        if is_default
        else ("gitledger", "remote", "status"),
        remediation=("A host that takes only branches can keep ledgers as branches: the hint says how.",) if is_default else (),
        details=details,
    )
