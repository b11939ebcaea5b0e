"""What is wrong with a ledger and its surroundings, and uniting the two folders of one task."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from gitledger.errors import command_line
from gitledger.model import ids
from gitledger.model.task import Row
from gitledger.ops._base import RefOperation, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._graph import circles
from gitledger.ops._views import View
from gitledger.ops._world import Source

DANGER = "refs/taskledger/"


class Issue(View):
    """One finding. `status`: error, or warning (worth a look); `command` would help."""

    check: str
    status: Literal["error", "warning"]
    message: str
    refs: list[str]
    command: str | None


class LedgerDoctor(View):
    """The findings; `fixed` are the uids of tasks whose folders were united."""

    healthy: bool
    issues: list[Issue]
    ledger_ref: str
    conflicts: int
    fixed: list[str]
    events: list[str]
    changed: bool
    ok: bool = True
    kind: Literal["ledger_doctor"] = "ledger_doctor"

    @property
    def report_exit(self) -> int:
        """The exit code: 6 where something is wrong."""
        return 0 if self.healthy else 6


class ExamineLedger(RefOperation, frozen=True, kw_only=True):
    """Look for what makes a ledger hard to work with, and for git settings that would lose it.

    Numbers that two tasks hold, cycles and dangling dependencies, a task in two folders (after a merge by plain
    git), conflicts, and refspecs that overwrite or prune ledgers. Exits with 6 where something is wrong. --fix
    unites the folders of a task in one entry; all else needs a decision.
    """

    command = "ledger doctor"

    fix: Annotated[bool, opt("Unite the folders of a task that lies in two.")] = False

    def perform(self, ledgers: Any) -> LedgerDoctor:
        return ledgers.examine(fix=self.fix)


# ---------------------------------------------------------------------------------------------- tasks


def task_issues(source: Source) -> Iterator[Issue]:
    """What is wrong with the tasks of a ledger."""
    rows = {row.uid: row for row in source.rows(archived=True)}
    yield from _shared_numbers(rows.values())
    edges = source.graph().edges()
    for edge in sorted((edge for edge in edges if edge.task in rows), key=lambda edge: rows[edge.task].number):
        if edge.on not in rows:
            row = rows[edge.task]
            yield Issue(
                check="unknown_dependency",
                status="error",
                message=f"{row.id} depends on the task {edge.on[:8]}, which is not in this ledger.",
                refs=[row.uid, edge.on],
                command=command_line((PROGRAM, "dep", "list", row.uid[:8])),
            )
    for circle in circles(edges):
        names = " → ".join(rows[uid].id for uid in (*circle, circle[0]) if uid in rows)
        yield Issue(
            check="dependency_cycle",
            status="error",
            message=f"These tasks wait for one another: {names}.",
            refs=list(circle),
            command=command_line((PROGRAM, "dep", "cycles")),
        )


def _shared_numbers(rows: Iterable[Row]) -> Iterator[Issue]:
    holders: dict[int, list[Row]] = {}
    for row in rows:
        holders.setdefault(row.number, []).append(row)
    for number, found in sorted(holders.items()):
        if len(found) > 1:
            last = max(row.uid for row in found)
            yield Issue(
                check="shared_number",
                status="error",
                message=f"{len(found)} tasks hold {ids.task_id(number)}; a sync settles it, or give one of them another.",
                refs=[row.uid for row in found],
                command=command_line((PROGRAM, "task", "renumber", last[:8])),
            )


# ---------------------------------------------------------------------------------------------- git settings


def setting_issues(settings: Iterable[tuple[str, str]]) -> Iterator[Issue]:
    """What in the git configuration (name, value) would lose or overwrite ledgers."""
    settings = list(settings)
    left_out = {name for name, value in settings if value == f"^{DANGER}*"}
    for name, value in settings:
        first, _, rest = name.partition(".")
        remote, _, key = rest.rpartition(".")
        if first == "remote" and key == "fetch":
            yield from _fetch_issues(name, remote, value) if name not in left_out else ()
        elif first == "remote" and key == "push":
            yield from _push_issues(name, value) if name not in left_out else ()
        elif (first == "remote" and key == "mirror" and _is_true(value)) or (name == "push.mirror" and _is_true(value)):
            why = "`git push` then makes the remote a copy of this repository, and deletes ledgers that are only there"
            yield _setting(name, value, why, "Push branches and ledgers by name; `gitledger sync` does.")


def _fetch_issues(name: str, remote: str, value: str) -> Iterator[Issue]:
    if not _is_onto_ledgers(value.partition(":")[2]):
        return
    why = "fetching with it writes into your own ledgers"
    if value.startswith("+"):
        why += ", over entries that were not pushed yet"
    why += ", and with --prune deletes those that the remote lacks"
    better = f"+refs/taskledger/*:refs/taskledger-remotes/{remote}/*"
    yield _setting(name, value, why, f"Fetch into the tracking refs: {better}.")


def _push_issues(name: str, value: str) -> Iterator[Issue]:
    source, colon, target = value.removeprefix("+").partition(":")
    if not _is_onto_ledgers(target if colon else source):
        return
    if colon and not source:
        yield _setting(name, value, "`git push` then deletes that ledger at the remote", "Take the line out.")
    elif value.startswith("+"):
        why = "pushing with it overwrites what the remote has and you have not seen"
        yield _setting(name, value, why, "Leave the + out, and ledgers to `gitledger sync`.")


def _is_onto_ledgers(target: str) -> bool:
    """Whether refs of this pattern are, or may be, one's own ledgers."""
    stem, star, _ = target.partition("*")
    return stem.startswith(DANGER) or bool(star) and DANGER.startswith(stem)


def _is_true(value: str) -> bool:
    return value.lower() in ("true", "yes", "on", "1")


def _setting(name: str, value: str, why: str, better: str) -> Issue:
    return Issue(
        check="git_setting",
        status="error",
        message=f"The git setting {name} = {value}: {why}. {better}",
        refs=[name],
        command=command_line(("git", "config", "--show-origin", "--get-all", name)),
    )


OPERATIONS = (ExamineLedger,)
