"""A ledger, or some of its tasks, as a file that plain tools can read: export, import, snapshot."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation, RemoteOperation, arg, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View

LockPolicy = Literal["quarantine", "drop", "keep"]


class ExportCounts(View):
    """How much there is: tasks (archived ones too), events, files."""

    tasks: int
    events: int
    files: int


class Exported(View, tag_field="kind", tag="taskledger_archive_export"):
    """An export that was written. `project_uuid` is the uid of the ledger."""

    path: str
    ledger_ref: str
    project_uuid: str
    scope: Literal["ledger", "tasks"]
    tasks: list[str]
    counts: ExportCounts
    bytes: int
    archive_sha256: str
    include_run_artifacts: bool
    changed: bool = False


class Snapshotted(View, tag_field="kind", tag="taskledger_snapshot"):
    """A snapshot that was written: the folder, and its manifest."""

    snapshot_dir: str
    export_path: str
    ledger_ref: str
    project_uuid: str
    counts: ExportCounts
    include_bodies: bool
    include_run_artifacts: bool
    changed: bool = False


class ImportedTask(View):
    """A task that came in. `outcome`: new, or united with what was here."""

    uid: str
    task_id: str
    title: str
    outcome: Literal["new", "united"]


class ImportRenumbered(View):
    """A task that got another number, because another task has its own."""

    uid: str
    old: str
    new: str
    title: str


class QuarantinedClaim(View):
    """A claim that came in and was ended: whoever held it there holds nothing here."""

    uid: str
    task_id: str
    claim_id: str
    holder: str


class Imported(View, tag_field="kind", tag="taskledger_archive_import"):
    """What an import brought, or with `dry_run` would bring. `events_new` are those that were not here."""

    source_path: str
    ledger_ref: str
    project_uuid: str
    scope: Literal["ledger", "tasks"]
    dry_run: bool
    imported: bool
    replace: bool
    lock_policy: LockPolicy
    counts: ExportCounts
    tasks: list[ImportedTask]
    events_new: int
    renumbered: list[ImportRenumbered]
    claims_ended: list[QuarantinedClaim]
    tip: str | None
    changed: bool


class BroughtTask(View):
    """A task of the project. `unchanged`: it was brought over before, and is left as it is here."""

    from_task_id: str
    task_id: str
    uid: str
    title: str
    outcome: Literal["new", "unchanged"]
    renumbered: bool


class ImportedProject(View, tag_field="kind", tag="taskledger_project_import"):
    """What was brought over from a project, or with `dry_run` would be. Counts are of what came in just now."""

    source_path: str
    project_uuid: str
    from_ledger: str
    ledger_ref: str
    dry_run: bool
    lock_policy: str
    tasks: list[BroughtTask]
    introductions: int
    releases: int
    old_events: int
    counts: dict[str, int]
    changed: bool


_BODIES = Annotated[bool, opt("Without effect: an export holds all texts.", off="--no-include-bodies")]
_ARTIFACTS = Annotated[bool, opt("Without effect: what runs left is events, and those are all there.")]


class ExportLedger(RemoteOperation, frozen=True, kw_only=True):
    """Write the ledger, or tasks of it, to a file: every event, behind a manifest of digests.

    It is a compressed tar of plain files, what follows from the events among them; the same state gives the same
    bytes. To hand the entries on as well, with who wrote them when, use sync --bundle-out.
    """

    command = "export"

    output: Annotated[
        str | None, arg("The file; left out, taskledger-export-LEDGER-TIME.tar.gz in this folder.", metavar="FILE")
    ] = None
    task: Annotated[list[str], opt("A task, instead of the whole ledger; may be given more than once.")] = []
    overwrite: Annotated[bool, opt("Replace the file where it is there already.")] = False
    include_bodies: _BODIES = True
    include_run_artifacts: _ARTIFACTS = False

    def perform(self, sync: Any) -> Exported:
        return sync.export(self)


class SnapshotLedger(RemoteOperation, frozen=True, kw_only=True):
    """Write what `export` writes as plain files into a new folder.

    It lies below OUTPUT_DIR, with the time in its name; `import` reads it as well.
    """

    command = "snapshot"

    output_dir: Annotated[str, arg("The folder in which the new one is made.", metavar="OUTPUT_DIR")]
    task: Annotated[list[str], opt("A task, instead of the whole ledger; may be given more than once.")] = []
    include_bodies: _BODIES = True
    include_run_artifacts: _ARTIFACTS = False

    def perform(self, sync: Any) -> Snapshotted:
        return sync.snapshot(self)


class ImportLedger(RemoteOperation, frozen=True, kw_only=True):
    """Read an export: check it like anything fetched, and merge it in one entry.

    Tasks are merged by uid, events by id: nothing here is overwritten or deleted, and importing again changes
    nothing. Where there is no ledger yet, the exported one becomes it. With --from taskledger, SOURCE is a project
    of taskledger 0.2.0, whose current ledger is brought over.
    """

    command = "import"

    source: Annotated[str, arg("The file, or the folder of a snapshot or project.", metavar="SOURCE")]
    origin: Annotated[
        Literal["taskledger", "gitledger"], opt("What SOURCE comes from.", name="--from")
    ] = "gitledger"
    replace: Annotated[bool, opt("Refused: a ledger forgets nothing. Import into another one: --ledger NAME.")] = False
    dry_run: Annotated[bool, opt("Check all of it and say what would come in; write nothing.")] = False
    lock_policy: Annotated[
        LockPolicy,
        opt("What becomes of claims that come in: ended (quarantine: with a note on whose they were), or kept."),
    ] = "quarantine"

    def perform(self, sync: Any) -> Imported | ImportedProject:
        if self.replace:
            raise InvalidInput(
                "An import merges: no event is ever deleted, so that there is nothing to replace. Leave --replace out, or "
                "import into a ledger of another name: gitledger --ledger NAME import SOURCE.",
                hint=(PROGRAM, "ledger", "list"),
            )
        return sync.import_(self) if self.origin == "gitledger" else sync.import_taskledger(self)


OPERATIONS: tuple[type[Operation], ...] = (ExportLedger, SnapshotLedger, ImportLedger)
