"""What operations are told of their surroundings, and what they say is in the way."""

from typing import Any

from msgspec import Struct

from gitledger.errors import command_line

PROGRAM = "gitledger"


class Blocker(Struct, frozen=True, omit_defaults=True):
    """Why a guard says no. `command` is an argument list that would help."""

    kind: str
    message: str
    ref: str | None = None
    command: tuple[str, ...] = ()
    details: dict[str, Any] = {}

    def to_dict(self) -> dict[str, Any]:
        """The blocker as reports print it (reference names)."""
        shown: dict[str, Any] = {"kind": self.kind, "message": self.message}
        if self.ref is not None:
            shown["ref"] = self.ref
        if self.command:
            shown["command_hint"] = command_line(self.command)
        return shown | self.details


class Active(Struct, frozen=True):
    """The active task and where that answer came from: option, environment, session, worktree."""

    uid: str
    source: str
    reason: str | None = None
    at: str | None = None


class Code(Struct, frozen=True, kw_only=True):
    """The state of the source code: branch, HEAD commit, tree ids (design §4, Freshness), changed paths."""

    branch: str | None = None
    head: str | None = None
    tree: str | None = None
    tree_all: str | None = None


class Trees(Struct, frozen=True, kw_only=True):
    """The source trees of a moment (design §4, Freshness): with tracked changes, and with untracked files too. None: unknown."""

    tree: str | None = None
    tree_all: str | None = None

    def is_met_by(self, proof: Any) -> bool:
        """Whether `proof` (anything with `tree` and `tree_all`) belongs to one of them."""
        return bool({self.tree, self.tree_all} & {proof.tree, proof.tree_all} - {None})


class Host(Struct, frozen=True, kw_only=True):
    """What the surroundings say about who is asking: a detected harness or CI, and whether a terminal is there.

    `kind` is what a setting calls the program that it names.
    """

    harness: str | None = None
    kind: str | None = None
    is_ci: bool = False
    has_terminal: bool = False


class Place(Struct, frozen=True, kw_only=True):
    """Where the ledger lives. Paths are absolute text; `work_tree` is None in a bare repository."""

    ledger: str
    ref: str
    git_dir: str
    common_dir: str
    work_tree: str | None = None
    branch: str | None = None
    source: str = "default"
    tip: str | None = None
