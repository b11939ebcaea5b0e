"""Writing a ledger, or some of its tasks, to a file or a folder that plain tools read; nothing in the repository changes."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import os

from gitledger.errors import InvalidInput
from gitledger.model import codec
from gitledger.model.task import Row
from gitledger.ops.export import ExportCounts, Exported, ExportLedger, SnapshotLedger, Snapshotted
from gitledger.store.content import ledger_info
from gitledger.store.folders import EVENTS
from gitledger.store.objects import read_blob, read_commit, unreadable
from gitledger.store.plainfiles import files_at
from gitledger.store.snapshot import open_snapshot
from gitledger.store.tree import BOOK, LEDGER_FILE, SHELVES
from gitledger.sync import exportfile
from gitledger.sync.exportfile import Counts, ListedFile, Manifest

if TYPE_CHECKING:
    from gitledger.sync.exchange import Sync


class _Chosen(NamedTuple):
    """What is to be written: the manifest, and each file with its object."""

    manifest: Manifest
    files: list[tuple[str, Any]]
    tasks: list[str]


def export(sync: "Sync", op: ExportLedger) -> Exported:
    """Write a compressed tar, and answer with its digest."""
    name = op.output or f"taskledger-export-{_file_name(sync.ledger.name)}-{_stamp(sync)}.tar.gz"
    path = sync.path(name)
    if os.path.isdir(path):
        raise InvalidInput(f"{name!r} is a folder; name a file.", hint=("gitledger", "snapshot", name))
    if os.path.lexists(path) and not op.overwrite:
        raise InvalidInput(f"There is a file {name!r} already; it is not overwritten.", hint=("gitledger", "export", "--help"))
    chosen = _choose(sync, op)
    exportfile.write_archive(path, chosen.manifest, _read(sync.repo.pg, chosen))
    return Exported(
        path=name,
        ledger_ref=sync.ledger.name,
        project_uuid=chosen.manifest.uid,
        scope=chosen.manifest.scope,
        tasks=chosen.tasks,
        counts=counts_view(chosen.manifest),
        bytes=os.stat(path).st_size,
        archive_sha256=_digest(path),
        include_run_artifacts=op.include_run_artifacts,
    )


def snapshot(sync: "Sync", op: SnapshotLedger) -> Snapshotted:
    """Write the files of an export into a new folder."""
    name = os.path.join(op.output_dir, f"taskledger-snapshot-{_stamp(sync)}")
    path = sync.path(name)
    if os.path.lexists(path):
        raise InvalidInput(f"There is a folder {name!r} already; it is not overwritten.", hint=("gitledger", "snapshot", "--help"))
    chosen = _choose(sync, op)
    exportfile.write_folder(path, chosen.manifest, _read(sync.repo.pg, chosen))
    return Snapshotted(
        snapshot_dir=name,
        export_path=os.path.join(name, exportfile.MANIFEST),
        ledger_ref=sync.ledger.name,
        project_uuid=chosen.manifest.uid,
        counts=counts_view(chosen.manifest),
        include_bodies=op.include_bodies,
        include_run_artifacts=op.include_run_artifacts,
    )


def counts_view(manifest: Manifest) -> ExportCounts:
    """The counts of a manifest as answers give them."""
    return ExportCounts(tasks=manifest.counts.tasks, events=manifest.counts.events, files=manifest.counts.files)


def _stamp(sync: "Sync") -> str:
    """The time for the name of a file: `2026-11-20T10-15-00Z`."""
    return sync.now()[:19].replace(":", "-") + "Z"


def _file_name(ledger: str) -> str:
    from gitledger.model.texts import encode_name

    return encode_name(ledger)


def _digest(path: str) -> str:
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# ---------------------------------------------------------------------------------------------- what


def _choose(sync: "Sync", op: Any) -> _Chosen:
    """Every file of the ledger's tree, or of the tasks that were asked for."""
    ledger, pg = sync.ledger, sync.repo.pg
    tip = ledger.tip
    if tip is None:
        raise ledger.not_initialised()
    with open_snapshot(sync.repo, ledger.name, tip=tip, progress=ledger.progress) as source:
        world = ledger.world_at(op, source)
        rows = {row.uid: row for row in (world.find(reference) for reference in op.task)}
    info = ledger_info(pg, read_commit(pg, tip).tree_id)
    if info is None:
        raise unreadable(LEDGER_FILE, "file")
    files = files_at(pg, tip, [row.directory for row in rows.values()] if rows else [*SHELVES, BOOK])
    listed = {path: _listed(pg, oid) for path, oid in files}
    manifest = Manifest(
        kind=exportfile.KIND,
        version=exportfile.VERSION,
        uid=info.uid,
        format=info.format,
        fold=info.fold,
        scope="tasks" if rows else "ledger",
        counts=_count(listed),
        files=listed,
    )
    return _Chosen(manifest, files, _named(rows.values()))


def _named(rows: Any) -> list[str]:
    tasks: list[Row] = sorted(rows, key=lambda row: (row.number, row.uid))
    return [row.id for row in tasks]


def _listed(pg: Any, oid: Any) -> ListedFile:
    data = read_blob(pg, oid)
    return ListedFile(len(data), exportfile.digest_of(data))


def _count(files: Any) -> Counts:
    parts = [path.split("/") for path in files]
    tasks = {tuple(part[:3]) for part in parts if part[0] in SHELVES}
    events = sum(1 for part in parts if len(part) > 2 and part[-2] == EVENTS and codec.EVENT_NAME.fullmatch(part[-1]))
    return Counts(len(tasks), events, len(files))


def _read(pg: Any, chosen: _Chosen) -> Iterator[tuple[str, bytes]]:
    return ((path, read_blob(pg, oid)) for path, oid in chosen.files)
