"""Proving that the ledger is whole, and making the local index anew."""

from typing import Any, Literal

from gitledger.ops._base import Operation
from gitledger.ops._views import View
from gitledger.ops._world import World


class FindingView(View):
    """One thing that is wrong, with the object, path and entry it is about where known."""

    code: str
    message: str
    object: str | None
    path: str | None
    commit: str | None


class Verified(View):
    """What was looked at and what is wrong. `notes` are worth knowing, and nothing is wrong with them."""

    healthy: bool
    ledger: str
    tip: str
    entries: int
    tasks: int
    events: int
    findings: list[FindingView]
    notes: list[str]
    kind: Literal["ledger_verify"] = "ledger_verify"

    @property
    def report_exit(self) -> int:
        """The exit code: 6 where something is wrong."""
        return 0 if self.healthy else 6


def verified_view(report: Any) -> Verified:
    """The view of a report (store: report.Report)."""
    return Verified(
        healthy=report.healthy,
        ledger=report.ledger,
        tip=report.tip,
        entries=report.entries,
        tasks=report.tasks,
        events=report.events,
        findings=[
            FindingView(
                code=finding.code,
                message=finding.message,
                object=finding.object,
                path=finding.path,
                commit=finding.commit,
            )
            for finding in report.findings
        ],
        notes=list(report.notes),
    )


class VerifyLedger(Operation, frozen=True, kw_only=True):
    """Prove that the ledger is whole: every name, every record, the whole chain.

    Every event bears the name that its content gives it, every derived file is what the events make of it, and
    no entry ever removed or changed an event. Exits with 6 where that does not hold.
    """

    command = "verify"
    writes = False
    needs_index = False

    def show(self, world: World) -> Verified:
        return verified_view(world.source.verify())


class Reindexed(View):
    """What the new index holds."""

    counts: dict[str, int]
    ledger: str
    tip: str | None
    kind: Literal["taskledger_reindex"] = "taskledger_reindex"


class RebuildIndex(Operation, frozen=True, kw_only=True):
    """Build the local index anew from the ledger.

    It is a cache in the git folder that follows the ledger by itself; this is for one that is suspected.
    """

    command = "reindex"
    writes = False
    needs_index = False

    def show(self, world: World) -> Reindexed:
        counts = world.source.reindex()
        kept = {name: many for name, many in counts.items() if ":" not in name}
        return Reindexed(counts=kept, ledger=world.ledger, tip=world.place.tip)


OPERATIONS: tuple[type[Operation], ...] = (VerifyLedger, RebuildIndex)
