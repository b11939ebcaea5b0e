"""Looking at the ledgers of a repository: which there are, where each stands, and what was entered."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.model import ids
from gitledger.ops._base import RefOperation, arg, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View
from gitledger.ops.log import Log, ShowLog


class LedgerLine(View):
    """A ledger of this repository. `ahead` and `behind` count entries against its parent; `remotes` were seen to have it."""

    ref: str
    git_ref: str
    task_count: int
    active_task_id: str | None
    is_current: bool
    tip: str
    parent: str | None
    ahead: int | None
    behind: int | None
    closed_reason: str | None
    next_task_number: int
    remotes: list[str]


class LedgerList(View):
    """The ledgers of this repository; `remote_ledgers` are those that only a remote has (`origin/name`: tip)."""

    current_ref: str
    ledgers: list[LedgerLine]
    total: int
    truncated: bool
    remote_ledgers: dict[str, str]
    ok: bool = True
    kind: Literal["ledger_list"] = "ledger_list"


class ListLedgers(RefOperation, frozen=True, kw_only=True):
    """List the ledgers of this repository."""

    command = "ledger list"
    writes = False

    def perform(self, ledgers: Any) -> LedgerList:
        lines = [ledgers.line(name) for name in ledgers.names()]
        return LedgerList(
            current_ref=ledgers.current,
            ledgers=lines,
            total=len(lines),
            truncated=False,
            remote_ledgers={f"{remote}/{name}": tip for (remote, name), tip in ledgers.remote_only().items()},
        )


class LedgerStatus(View):
    """Where the ledger stands. `source` says why commands here act on this one."""

    ledger_ref: str
    ledger_parent_ref: str | None
    ledger_next_task_number: int
    ledger_dir: str
    task_count: int
    active_task_id: str | None
    next_task_id: str
    current_ref: str
    source: str
    branch: str | None
    tip: str
    ahead: int | None
    behind: int | None
    closed_reason: str | None
    remotes: list[str]
    ok: bool = True
    kind: Literal["ledger_status"] = "ledger_status"


class ShowLedgerStatus(RefOperation, frozen=True, kw_only=True):
    """Show where the ledger stands, and why commands here act on it."""

    command = "ledger status"
    writes = False

    def perform(self, ledgers: Any) -> LedgerStatus:
        line = ledgers.line(ledgers.current)
        return LedgerStatus(
            ledger_ref=line.ref,
            ledger_parent_ref=line.parent,
            ledger_next_task_number=line.next_task_number,
            ledger_dir=line.git_ref,
            task_count=line.task_count,
            active_task_id=line.active_task_id,
            next_task_id=ids.task_id(line.next_task_number),
            current_ref=line.ref,
            source=ledgers.source,
            branch=ledgers.branch,
            tip=line.tip,
            ahead=line.ahead,
            behind=line.behind,
            closed_reason=line.closed_reason,
            remotes=line.remotes,
        )


class LogLedger(RefOperation, frozen=True, kw_only=True):
    """Show the entries of a ledger, newest first.

    A merge is an entry too; it has no actor.
    """

    command = "ledger log"
    writes = False

    name: Annotated[str | None, arg("The ledger; left out, the current one.")] = None
    limit: Annotated[int, opt("At most this many (0: all).")] = 50

    def perform(self, ledgers: Any) -> Log:
        if self.limit < 0:
            raise InvalidInput("--limit must not be negative.", hint=(PROGRAM, "ledger", "log", "--limit", "0"))
        return ledgers.run(ledgers.current if self.name is None else self.name, ShowLog(limit=self.limit)).view


OPERATIONS = (ShowLedgerStatus, ListLedgers, LogLedger)
