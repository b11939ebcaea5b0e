"""Migrations, under the reference's names: a ledger needs none, and these say what there is instead."""

from typing import Annotated, Literal

from gitledger.model import codec
from gitledger.ops._base import Operation, opt
from gitledger.ops._views import View
from gitledger.ops._world import World

_STANDING = "There is nothing to migrate: old events are read for ever, and records are made of them."
_OLDER = "The records were written with fold {was}; the next write makes them anew with fold {now}, in its own entry."
_NEWER = "A newer gitledger wrote the records (fold {was}); this version has fold {now} and reads them. Upgrade it to write."


class MigrationState(View):
    """The layout here and the one of this version. `current_layout_version` is the fold version of the records."""

    ok: bool
    status: Literal["current", "older", "newer"]
    current_layout_version: int | None
    target_layout_version: int
    pending_migrations: list[str]
    records_needing_migration: list[str]
    message: str


class MigrationPlan(View):
    """What would be migrated: nothing, in any ledger."""

    ok: bool
    current_layout_version: int | None
    target_layout_version: int
    migrations: list[str]
    records: list[str]
    message: str


class MigrationApplied(View):
    """What was migrated: nothing."""

    ok: bool
    status: Literal["current", "older", "newer"]
    applied_migrations: list[str]
    message: str


def _fold_of(world: World) -> int | None:
    info = getattr(world.source, "info", None)
    return info.fold if info is not None else None


def _standing(world: World) -> tuple[Literal["current", "older", "newer"], str]:
    was, now = _fold_of(world), codec.FOLD_VERSION
    if was is None or was == now:
        return "current", _STANDING
    return ("older", _OLDER.format(was=was, now=now)) if was < now else ("newer", _NEWER.format(was=was, now=now))


class ShowMigrationStatus(Operation, frozen=True, kw_only=True):
    """Show which layout the ledger has. Nothing ever has to be migrated by hand."""

    command = "migrate status"
    writes = False

    def show(self, world: World) -> MigrationState:
        status, message = _standing(world)
        return MigrationState(
            ok=status != "newer",
            status=status,
            current_layout_version=_fold_of(world),
            target_layout_version=codec.FOLD_VERSION,
            pending_migrations=[],
            records_needing_migration=[],
            message=message,
        )


class ShowMigrationPlan(Operation, frozen=True, kw_only=True):
    """List what would be migrated: nothing, for events are never rewritten."""

    command = "migrate plan"
    writes = False

    def show(self, world: World) -> MigrationPlan:
        return MigrationPlan(
            ok=True,
            current_layout_version=_fold_of(world),
            target_layout_version=codec.FOLD_VERSION,
            migrations=[],
            records=[],
            message=_standing(world)[1],
        )


class ApplyMigrations(Operation, frozen=True, kw_only=True):
    """Migrate nothing, and say why: each version reads what all before it wrote.

    A backup is `gitledger export`, or a push of the ledger's ref.
    """

    command = "migrate apply"
    writes = False

    backup: Annotated[bool, opt("Without effect, for nothing is changed: `export` writes a backup.")] = False
    dry_run: Annotated[bool, opt("Without effect, for nothing is changed.")] = False

    def show(self, world: World) -> MigrationApplied:
        status, message = _standing(world)
        return MigrationApplied(ok=True, status=status, applied_migrations=[], message=message)


OPERATIONS: tuple[type[Operation], ...] = (ShowMigrationStatus, ShowMigrationPlan, ApplyMigrations)
