"""Examining the current ledger: its tasks, its folders, and the git settings around it; and uniting folders."""

from datetime import datetime, timezone

from gitledger.errors import command_line
from gitledger.git import list_settings
from gitledger.ledger.recording import author_of
from gitledger.ledger.refs import Ledgers
from gitledger.model import ids
from gitledger.model.message import entry_message
from gitledger.ops._doctor import ExamineLedger, Issue, LedgerDoctor, setting_issues, task_issues
from gitledger.ops._facts import PROGRAM
from gitledger.ops.conflicts import ListConflicts
from gitledger.store import chain
from gitledger.store.unite import find_twins, unite_twins


def examine(ledgers: Ledgers, *, fix: bool) -> LedgerDoctor:
    """What is wrong; with `fix`, the folders of a task that lies in two are united first."""
    fixed = _unite(ledgers) if fix else []
    issues = [*_folder_issues(ledgers)]
    with ledgers.open(ledgers.current) as snapshot:
        issues += task_issues(snapshot)
    issues += setting_issues(list_settings(ledgers.git))
    conflicts = ledgers.run(ledgers.current, ListConflicts()).view
    disputed = [conflict for conflict in conflicts.conflicts if conflict.about != "number"]
    if disputed:
        issues.append(
            Issue(
                check="conflicts",
                status="warning",
                message=f"{len(disputed)} things wait for a person's decision.",
                refs=sorted({conflict.uid for conflict in disputed}),
                command=command_line((PROGRAM, "conflicts")),
            )
        )
    return LedgerDoctor(
        healthy=not any(issue.status == "error" for issue in issues),
        issues=issues,
        ledger_ref=ledgers.current,
        conflicts=len(disputed),
        fixed=fixed,
        events=[],
        changed=bool(fixed),
    )


def _folder_issues(ledgers: Ledgers) -> list[Issue]:
    twins = find_twins(ledgers.repo.pg, ledgers.tip(ledgers.current))
    return [
        Issue(
            check="two_folders",
            status="error",
            message=f"One task lies in {' and '.join(path for path, _ in folders)}; somebody merged with plain git.",
            refs=[path for path, _ in folders],
            command=command_line((PROGRAM, "ledger", "doctor", "--fix")),
        )
        for _, folders in sorted(twins.items())
    ]


def _unite(ledgers: Ledgers) -> list[str]:
    """Unite folders in one entry; returns the uids of the tasks. An entry without events, for none are added."""
    ledger = ledgers.ledger

    def attempt(tip: str) -> tuple[str | None, list[str]]:
        united = unite_twins(ledgers.repo.pg, tip)
        if not united.uids:
            return None, []
        actor = ledger.actor(ExamineLedger())
        now = ledger.config.test_now or ids.format_time(datetime.now(timezone.utc))
        what = f"unite the folders of {len(united.uids)} task{'s' if len(united.uids) > 1 else ''}"
        chain.configure_fsync(ledger.config.fsync)
        made = chain.append(
            ledgers.repo,
            ledgers.current,
            expected=tip,
            files=united.files,
            grafts=united.grafts,
            message=entry_message("ledger doctor", task_id=None, what=what, uids=united.uids, actor=actor),
            author=author_of(actor.person or ""),
            seconds=int(ids.parse_time(now).timestamp()),
        )
        return made, united.uids

    return ledgers.retry(attempt)
