"""A step: what to do next with a task, why, what stands in the way, and the commands for it."""

from typing import Any, NamedTuple

from msgspec import Struct

from gitledger.ops._commands import Argv
from gitledger.ops._facts import Blocker


class Command(NamedTuple):
    """A command that would go on from here. `kind` is one of the reference's words, `argv` an argument list."""

    kind: str
    label: str
    argv: Argv


class Step(Struct, frozen=True, kw_only=True):
    """What to do next.

    `item` is what it is about (a task, plan, question, todo, criterion state, or the name of another task).
    `work` is what is still to be done in this step, `obstacles` what keeps the step from being taken;
    `shows` names the progress that belongs to it.
    """

    action: str
    reason: str
    commands: list[Command] = []
    item: Any = None
    work: list[Blocker] = []
    obstacles: list[Blocker] = []
    shows: str = ""

    def ordered(self) -> list[Command]:
        """The commands, the one to run first at the head: what removes an obstacle, else the step itself."""
        helping = next((blocker for blocker in self.obstacles if blocker.command), None)
        if helping is None:
            return self.commands
        known = next((command for command in self.commands if command.argv == helping.command), None)
        kind, label = _HELP.get(helping.kind, ("inspect", "See what is in the way"))
        first = known or Command(kind, label, helping.command)
        return [first, *(command for command in self.commands if command is not known)]

    def sentence(self) -> str:
        """The reason, and what is in the way."""
        if not self.obstacles:
            return self.reason
        more = f" (and {len(self.obstacles) - 1} more)" if len(self.obstacles) > 1 else ""
        return f"{self.reason} Blocked: {self.obstacles[0].message}{more}"


# kind of an obstacle → kind and label of the command that helps.
_HELP = {
    "dependency": ("inspect", "Show the task it waits for"),
    "lock": ("inspect", "Show who has claimed it"),
    "upgrade": ("inspect", "Show which version this is"),
    "evidence_stale": ("check", "Prove it on the source tree of now"),
    "note_missing": ("note", "Write the note"),
    "evidence_failed": ("check", "Prove it on the source tree of now"),
}


def is_unclaimed(blockers: list[Blocker]) -> bool:
    """Whether a stage goes on without a live claim: not a defect, it is taken up again."""
    return any(blocker.kind in ("lock_missing", "lock_expired") for blocker in blockers)
