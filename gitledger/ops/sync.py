"""Sharing ledgers with the elected remote, and looking at others': sync, fetch, push, pull, and the remote itself."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation, RemoteOperation, arg, opt
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, View

Status = Literal[
    "in_sync", "started", "received", "sent", "merged", "behind", "ahead", "diverged", "closed", "gone", "unsound"
]


class Renumbered(View):
    """A task that got another number, because another task has its own where it was published first."""

    uid: str
    old: str
    new: str
    title: str


class EndedClaim(View):
    """A claim of this clone that came second: `first` has had one where it was published."""

    uid: str
    task_id: str
    title: str
    claim_id: str
    holder: ActorView | None
    first: ActorView | None


class LedgerSync(View):
    """What became of one ledger. `published` is the remote's tip afterwards; counts are of what came in, and went out."""

    ledger: str
    status: Status
    previous: str | None
    tip: str | None
    published: str | None
    new_tasks: int = 0
    united_tasks: int = 0
    new_events: int = 0
    sent_entries: int = 0
    renumbered: list[Renumbered] = []
    claims_ended: list[EndedClaim] = []
    message: str | None = None


class Synced(View, tag_field="kind", tag="ledger_sync"):
    """What a sync, fetch, pull or push did. `remote_only`: ledgers of the remote that are not here."""

    remote: str
    ledgers: list[LedgerSync]
    remote_only: list[str]
    notes: str
    attempts: int
    changed: bool


class Bundled(View, tag_field="kind", tag="ledger_bundle"):
    """A bundle that was written."""

    file: str
    bytes: int
    ledgers: list[str]


class UnpublishedTask(View):
    """A task of which the remote has not seen everything. `is_new`: it has not seen it at all."""

    uid: str
    task_id: str
    title: str
    is_new: bool


class UnpublishedClaim(View):
    """A claim that the remote has not seen: it is provisional."""

    uid: str
    task_id: str
    claim_id: str
    holder: ActorView | None


class RemoteStatus(View):
    """How the ledger stands to the elected remote, as far as was last seen there. Nothing is asked over the network."""

    ledger: str
    remote: str
    url: str | None
    namespace: str
    is_set_up: bool
    last_sync: str | None
    tip: str | None
    published: str | None
    ahead: int
    behind: int
    tasks: list[UnpublishedTask]
    claims: list[UnpublishedClaim]
    ledgers: list[str]
    remote_only: list[str]
    gone: list[str]
    kind: Literal["remote_status"] = "remote_status"


class RemoteSetup(View):
    """What was written into git's configuration."""

    remote: str
    setting: str
    refspec: str
    changed: bool
    kind: Literal["remote_setup"] = "remote_setup"


_REMOTE = Annotated[str | None, arg("A remote of this repository; left out, the elected one.")]


class SyncLedgers(RemoteOperation, frozen=True, kw_only=True):
    """Bring the ledger and the elected remote's to the same tip: fetch, check, merge, settle numbers, push.

    Ledgers go to one remote alone: git's taskledger.remote, else the remote of the branch's upstream, else
    origin. What comes from there is checked before it is merged. Nothing is ever forced; where somebody else
    was faster, the sync starts again. With a bundle file, no host is needed.
    """

    command = "sync"

    remote: _REMOTE = None
    all: Annotated[bool, opt("Every ledger here, not only the current one.")] = False
    recreate: Annotated[bool, opt("Push a ledger again that has gone from the remote.")] = False
    bundle: Annotated[
        str | None, opt("Sync by file: written where FILE is not there, read and merged where it is.", metavar="FILE")
    ] = None
    bundle_out: Annotated[str | None, opt("Write the ledger to a bundle file.", metavar="FILE")] = None
    bundle_in: Annotated[str | None, opt("Read a bundle file, and merge what it holds.", metavar="FILE")] = None

    def perform(self, sync: Any) -> Synced | Bundled:
        given = [path for path in (self.bundle, self.bundle_out, self.bundle_in) if path is not None]
        if not given:
            return sync.sync(self.remote, every=self.all, recreate=self.recreate)
        if len(given) > 1 or self.remote is not None or self.recreate:
            raise InvalidInput("A bundle file goes with --all alone.", hint=(PROGRAM, "sync", "--help"))
        is_out = self.bundle_out is not None or self.bundle is not None and not sync.is_file(self.bundle)
        return sync.write_bundle(given[0], every=self.all) if is_out else sync.read_bundle(given[0])


class FetchLedgers(RemoteOperation, frozen=True, kw_only=True):
    """Fetch what a remote's ledgers are now, and check it; nothing is merged.

    Where this repository has no ledger yet, the remote's becomes its own.
    """

    command = "fetch"

    remote: _REMOTE = None

    def perform(self, sync: Any) -> Synced:
        return sync.fetch(self.remote)


class PullLedger(RemoteOperation, frozen=True, kw_only=True):
    """Fetch from a remote, check, and merge into the current ledger; nothing is sent, and no number is settled."""

    command = "pull"

    remote: _REMOTE = None

    def perform(self, sync: Any) -> Synced:
        return sync.pull(self.remote)


class PushLedger(RemoteOperation, frozen=True, kw_only=True):
    """Push the current ledger to the elected remote, if that is where it was last fetched; never forced."""

    command = "push"

    remote: _REMOTE = None
    recreate: Annotated[bool, opt("Push a ledger again that has gone from the remote.")] = False

    def perform(self, sync: Any) -> Synced:
        return sync.push(self.remote, recreate=self.recreate)


class ShowRemote(RemoteOperation, frozen=True, kw_only=True):
    """Show how the ledger stands to the remote: ahead, behind, last sync, unpublished tasks and claims.

    It tells what was last seen there, and asks nothing over the network.
    """

    command = "remote status"
    writes = False

    remote: _REMOTE = None

    def perform(self, sync: Any) -> RemoteStatus:
        return sync.status(self.remote)


class SetUpRemote(RemoteOperation, frozen=True, kw_only=True):
    """Let plain `git fetch` bring the remote's ledgers along, by one refspec in git's configuration.

    It leads into refs/taskledger-remotes/, never onto your own ledgers: those are merged, not overwritten.
    """

    command = "remote setup"

    remote: _REMOTE = None

    def perform(self, sync: Any) -> RemoteSetup:
        return sync.set_up(self.remote)


OPERATIONS: tuple[type[Operation], ...] = (SyncLedgers, FetchLedgers, PullLedger, PushLedger, ShowRemote, SetUpRemote)
