"""What taskledger's names, times and actors are here: the same wherever and whenever a project is imported."""

from hashlib import sha256

from gitledger.model import ids
from gitledger.model.task import Actor, Waiver
from gitledger.model.taskledgerfile import OldActor, OldWaiver


def uid_of(project: str, ledger: str, task_id: str) -> str:
    """The uid of a task: the same whenever it is imported, and by whomever."""
    digits = list(sha256(f"taskledger {project} {ledger} {task_id}".encode()).hexdigest()[:32])
    digits[12], digits[16] = "4", "89ab"[int(digits[16], 16) % 4]
    text = "".join(digits)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def time_of(text: str | None) -> str | None:
    """A time of theirs as ours are written; None where there is none."""
    if not text:
        return None
    try:
        return ids.read_time(text)
    except ValueError:
        return None


def number_of(item: str) -> int:
    """`todo-0003`, `plan-v3` → 3; 0 where there is no number."""
    digits = item.rpartition("-")[2].removeprefix("v")
    return int(digits) if digits.isdecimal() and len(digits) <= 12 else 0


def actor_of(old: OldActor | None, harness: str | None = None) -> Actor | None:
    """Who did it."""
    return None if old is None else known_actor(old, harness)


def known_actor(old: OldActor | None, harness: str | None = None) -> Actor:
    """Who did it; where nobody was written down, an agent without a name."""
    old = old or OldActor()
    return Actor(old.actor_type, old.actor_name, old.role, harness if harness != "unknown" else None, old.session_id)


class Names:
    """The ids of one task's items: they follow from the task and the names that the items had."""

    def __init__(self, uid: str) -> None:
        self.uid = uid

    def id_of(self, *name: str | int | None) -> str:
        """The id of an item."""
        return sha256(" ".join([self.uid, *map(str, name)]).encode()).hexdigest()[:20]

    def ref_of(self, name: str | None) -> str | None:
        """The id of an item that another one names."""
        return self.id_of(name) if name else None

    def waiver(self, old: OldWaiver | None, *name: str | None) -> Waiver | None:
        """Who excused the item of this name."""
        if old is None:
            return None
        return Waiver(self.id_of("waiver", *name), time_of(old.created_at) or "", known_actor(old.actor), old.reason)
