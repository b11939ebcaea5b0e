"""The ledger itself: starting one, and the commands of the noun, which are in the modules imported here."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model.events import LedgerCreated
from gitledger.ops import _adopting, _doctor, _forking, _ledgers, _merging
from gitledger.ops._base import Decision, Operation, in_book, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops._world import World


class Initialised(View):
    """Where the ledger lives, and what this command created."""

    root: str
    workspace_root: str | None
    project_dir: str
    config_path: str | None
    taskledger_dir: str
    ledger: str
    ref: str
    created: list[str]
    kind: Literal["taskledger_init"] = "taskledger_init"


class InitLedger(Operation, frozen=True, kw_only=True):
    """Start a ledger in this repository.

    It is one git ref, refs/taskledger/NAME; no file appears in the work tree. Doing it again changes nothing.
    """

    command = "init"
    needs_ledger = False

    taskledger_dir: Annotated[str | None, opt("Not used: a ledger lives in the repository's refs.")] = None

    def decide(self, world: World) -> Decision:
        if self.taskledger_dir is not None:
            raise InvalidInput(
                f"A ledger has no folder: it lives in the git repository itself, as {world.place.ref}. "
                "Leave --taskledger-dir out; to share the ledger, push that ref.",
                hint=(PROGRAM, "init"),
            )
        if world.place.tip is None:
            yield in_book(LedgerCreated(uid=world.new_uid(), name=world.ledger))

    def what(self, world: World) -> str:
        return world.ledger

    def show(self, world: World) -> Initialised:
        place = world.place
        return Initialised(
            root=place.work_tree or place.common_dir,
            workspace_root=place.work_tree,
            project_dir=place.common_dir,
            config_path=None,
            taskledger_dir=place.ref,
            ledger=place.ledger,
            ref=place.ref,
            created=[place.ref] if world.changed else [],
        )


OPERATIONS: tuple[type[Operation], ...] = (
    InitLedger,
    *_ledgers.OPERATIONS,
    *_forking.OPERATIONS,
    *_adopting.OPERATIONS,
    *_merging.OPERATIONS,
    *_doctor.OPERATIONS,
)
