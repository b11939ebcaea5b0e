"""Everything that may be wrong with the current ledger, asked of whoever knows; what cannot be read is a finding like others."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import Any, Literal

from gitledger.errors import LedgerError, command_line
from gitledger.ledger.health import examine
from gitledger.ledger.refs import Ledgers
from gitledger.model import codec, ids
from gitledger.ops._doctor import Issue
from gitledger.ops._facts import PROGRAM
from gitledger.ops._inspecting import LockState, inspect_locks
from gitledger.ops.doctor import Diagnostic, Doctor, IndexInspection, SchemaInspection
from gitledger.ops.verify import Verified, VerifyLedger

# What `ledger doctor` tells in its own words.
_TOLD_TWICE = ("DUPLICATE_TASK",)
# Findings of `verify` that are about the bytes of one event.
_OF_EVENTS = ("CORRUPT_EVENT", "NAME_MISMATCH", "WRONG_TASK", "EVENT_REMOVED", "EVENT_CHANGED", "LOST_EVENT", "WRONG_CLOCK")


def diagnose(ledgers: Ledgers, *, fix: bool) -> Doctor:
    """Ask everybody; with `fix`, let those mend what loses nothing."""
    ledgers.tip(ledgers.current)
    found: list[Diagnostic] = []
    fixed: list[str] = []
    counts: dict[str, int] = {}
    locks = LockState(expired=[], mismatches=[])
    with _noting(found):
        told = examine(ledgers, fix=fix)
        fixed += [f"united the folders of the task {uid[:8]}" for uid in told.fixed]
        found += [_of_issue(issue) for issue in told.issues]
    is_united = bool(fixed)
    with _noting(found):
        found += _verified(ledgers)
    with _noting(found):
        found += [_finding("error", "SCHEMA", message, (PROGRAM, "version")) for message in inspect_schema(ledgers).errors]
    with _noting(found):
        found += _indexed(ledgers, fix, fixed)
    with _noting(found):
        with ledgers.open(ledgers.current) as source:
            counts = {name: many for name, many in source.counts().items() if ":" not in name}
            locks = inspect_locks(source, _now(ledgers))
            found += [*_of_locks(locks), *_of_pointer(ledgers, source)]
    with _noting(found):
        found += _locked(ledgers)
    with _noting(found):
        ledgers.ledger.policy  # noqa: B018 — reading it is the check
    return _answer(ledgers, found, fixed, counts, locks, is_united)


def _answer(
    ledgers: Ledgers, found: list[Diagnostic], fixed: list[str], counts: dict[str, int], locks: LockState, changed: bool
) -> Doctor:
    errors = [one.message for one in found if one.severity == "error"]
    return Doctor(
        healthy=not errors,
        ledger=ledgers.current,
        counts=counts,
        errors=errors,
        cautions=[one.message for one in found if one.severity == "warning"],
        repair_hints=list(dict.fromkeys(one.hint for one in found if one.hint is not None)),
        broken_links=[one.message for one in found if one.code == "unknown_dependency"],
        expired_locks=locks.expired,
        run_lock_mismatches=locks.mismatches,
        diagnostics=found,
        fixed=fixed,
        changed=changed,
    )


@contextmanager
def _noting(found: list[Diagnostic]) -> Iterator[None]:
    """Within, what one part refuses is a finding, and the next is asked all the same."""
    try:
        yield
    except LedgerError as error:
        one = Diagnostic(severity="error", code=error.code, message=error.message, task_id=error.task_id, hint=error.hint_text)
        if one.message not in [other.message for other in found]:
            found.append(one)


def _finding(
    severity: Literal["error", "warning"],
    code: str,
    message: str,
    command: tuple[str, ...],
    *,
    task_id: str | None = None,
    refs: Sequence[str] = (),
) -> Diagnostic:
    return Diagnostic(
        severity=severity, code=code, message=message, task_id=task_id, refs=list(refs), hint=command_line(command)
    )


def _of_issue(issue: Issue) -> Diagnostic:
    return Diagnostic(
        severity=issue.status, code=issue.check, message=issue.message, refs=issue.refs, hint=issue.command
    )


def _verified(ledgers: Ledgers) -> list[Diagnostic]:
    found = [one for one in _verify(ledgers).findings if one.code not in _TOLD_TWICE]
    return [
        _finding("error", one.code, one.message, (PROGRAM, "verify"), refs=list(filter(None, (one.object, one.path, one.commit))))
        for one in found
    ]


def _verify(ledgers: Ledgers) -> Verified:
    view: Verified = ledgers.run(ledgers.current, VerifyLedger()).view
    return view


def _indexed(ledgers: Ledgers, fix: bool, fixed: list[str]) -> list[Diagnostic]:
    wrong = _compare_index(ledgers).wrong
    if not wrong:
        return []
    if fix:
        with ledgers.open(ledgers.current) as source:
            source.reindex()
        fixed.append("built the index anew")
        return []
    message = f"The local index tells {len(wrong)} task(s) otherwise than the ledger."
    return [_finding("error", "INDEX_DIFFERS", message, (PROGRAM, "reindex"))]


def _of_locks(locks: LockState) -> Iterator[Diagnostic]:
    for claim in locks.expired:
        said = f"The claim on {claim.task_id} has run out; it holds nobody off."
        yield _finding("warning", "expired_lock", said, (PROGRAM, "lock", "show", "--task", claim.task_id), task_id=claim.task_id)
    for one in locks.mismatches:
        said = "nobody holds it" if one.kind == "running_run_without_lock" else "its claim is of a run that is over"
        go_on = (PROGRAM, "next-action", "--task", one.uid[:8])
        message = f"{one.task_id} is {one.status}, and {said}."
        yield _finding("warning", one.kind, message, go_on, task_id=one.task_id, refs=[one.uid])


def _of_pointer(ledgers: Ledgers, source: Any) -> Iterator[Diagnostic]:
    uid = ledgers.active_uid(ledgers.current)
    row = source.row(uid) if uid is not None else None
    if uid is not None and (row is None or row.is_deleted):
        said = f"The active task {uid[:8]} is not in ledger {ledgers.current}."
        yield _finding("warning", "active_task_missing", said, (PROGRAM, "task", "list"), refs=[uid])


def _locked(ledgers: Ledgers) -> Iterator[Diagnostic]:
    """git's own lock file, where a killed process left one."""
    from gitledger.store import refs

    left = refs.stale_lock(ledgers.repo, ledgers.current)
    if left is not None:
        raise refs.lock_error(ledgers.current, *left)
    return iter(())


def _now(ledgers: Ledgers) -> str:
    return ledgers.ledger.config.test_now or ids.format_time(datetime.now(timezone.utc))


# ---------------------------------------------------------------------------------------------- parts


def inspect_schema(ledgers: Ledgers) -> SchemaInspection:
    """Whether this version understands the ledger."""
    errors: list[str] = []
    ledgers.tip(ledgers.current)
    with ledgers.open(ledgers.current) as source:
        info = source.info
        records = [source.record(row.uid) for row in source.rows_with("unknown")]
        unknown = sorted({name for record in records if record is not None for name in record.unknown} | {*source.book().unknown})
    if info is None:
        errors.append("ledger.json is missing: this is no ledger.")
    elif info.fold > codec.FOLD_VERSION:
        errors.append(f"A newer gitledger wrote the records (fold {info.fold}): this version reads them, and writes nothing.")
    foreign = [name for name in unknown if not name.startswith("x.")]
    if foreign:
        errors.append(f"Events of types that this version does not know: {', '.join(foreign)}. Their tasks cannot be written to.")
    return SchemaInspection(
        healthy=not errors,
        errors=errors,
        format=info.format if info is not None else None,
        fold=info.fold if info is not None else None,
        supported={"format": codec.FORMAT_VERSION, "fold": codec.FOLD_VERSION, "event": codec.EVENT_VERSION},
        unknown_event_types=unknown,
    )


def inspect_indexes(ledgers: Ledgers) -> IndexInspection:
    """Whether the index says what the ledger says, and every event bears its name."""
    state = _compare_index(ledgers)
    event_errors = [one.message for one in _verify(ledgers).findings if one.code in _OF_EVENTS]
    return IndexInspection(
        healthy=not state.wrong and not event_errors,
        missing_indexes=[] if state.is_there else ["index"],
        index_errors=state.wrong,
        event_errors=event_errors,
    )


def _compare_index(ledgers: Ledgers) -> Any:
    from gitledger.store.inspect import inspect_index

    return inspect_index(ledgers.repo, ledgers.current, ledgers.tip(ledgers.current))
