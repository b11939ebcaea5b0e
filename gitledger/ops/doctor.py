"""Everything that may be wrong with a ledger and what surrounds it, in one answer; and parts of that."""

from typing import Annotated, Any, Literal

from msgspec import field

from gitledger.ops._base import Operation, RefOperation, opt
from gitledger.ops._inspecting import RunLockMismatch, inspect_locks
from gitledger.ops._views import LockView, View
from gitledger.ops._world import World


class Diagnostic(View):
    """One finding: how bad, what, about which task, and the command that would help. A warning is only worth a look."""

    severity: Literal["error", "warning"]
    code: str
    message: str
    task_id: str | None = None
    refs: list[str] = []
    hint: str | None = None


class Inspection(View):
    """An answer that says whether all is well."""

    healthy: bool

    @property
    def report_exit(self) -> int:
        """The exit code: 6 where something is wrong."""
        return 0 if self.healthy else 6


class Doctor(Inspection, tag_field="kind", tag="taskledger_doctor"):
    """The findings, as sentences and in full; `fixed` says what was mended."""

    ledger: str
    counts: dict[str, int]
    errors: list[str]
    # Not `warnings` here too: those of an answer are said beside it, and these are its subject.
    cautions: list[str] = field(name="warnings")
    repair_hints: list[str]
    broken_links: list[str]
    expired_locks: list[LockView]
    run_lock_mismatches: list[RunLockMismatch]
    diagnostics: list[Diagnostic]
    fixed: list[str]
    changed: bool


class LockInspection(Inspection, tag_field="kind", tag="taskledger_lock_inspection"):
    """Claims that have run out, and runs that nobody holds. Neither is wrong: work goes on where somebody takes it up."""

    expired_locks: list[LockView]
    run_lock_mismatches: list[RunLockMismatch]


class SchemaInspection(Inspection, tag_field="kind", tag="taskledger_schema_inspection"):
    """The formats of the ledger and of this version: of the tree, of the records (`fold`), of events."""

    errors: list[str]
    format: int | None
    fold: int | None
    supported: dict[str, int]
    unknown_event_types: list[str]


class IndexInspection(Inspection, tag_field="kind", tag="taskledger_index_inspection"):
    """The local index beside the ledger. A missing one is made when it is needed; `event_errors` are those of `verify`."""

    missing_indexes: list[str]
    index_errors: list[str]
    event_errors: list[str]


class ExamineAll(RefOperation, frozen=True, kw_only=True):
    """Look for everything that may be wrong: storage, records, numbers, dependencies, claims, index, settings, policy.

    What `verify`, `ledger doctor` and `doctor locks|schema|indexes` tell, in one answer. Exits with 6 where there is
    an error. --fix mends only what loses nothing: it unites the folders of a task, and builds the index anew.
    """

    command = "doctor"

    fix: Annotated[bool, opt("Mend what can be mended without losing anything or deciding anything.")] = False

    def reads_only(self) -> bool:
        return not self.fix

    def perform(self, ledgers: Any) -> Doctor:
        return ledgers.diagnose(fix=self.fix)


class ExamineLocks(Operation, frozen=True, kw_only=True):
    """List claims that have run out, and runs that nobody holds. Nothing of that needs a repair."""

    command = "doctor locks"
    writes = False

    def show(self, world: World) -> LockInspection:
        found = inspect_locks(world.source, world.now)
        return LockInspection(healthy=True, expired_locks=found.expired, run_lock_mismatches=found.mismatches)


class ExamineSchema(RefOperation, frozen=True, kw_only=True):
    """Check that this version understands the ledger: format, records, every event type."""

    command = "doctor schema"
    writes = False

    def perform(self, ledgers: Any) -> SchemaInspection:
        return ledgers.inspect_schema()


class ExamineIndexes(RefOperation, frozen=True, kw_only=True):
    """Check the local index against the ledger, and every event against its name."""

    command = "doctor indexes"
    writes = False

    def perform(self, ledgers: Any) -> IndexInspection:
        return ledgers.inspect_indexes()


OPERATIONS: tuple[type[Operation], ...] = (ExamineAll, ExamineLocks, ExamineSchema, ExamineIndexes)
