"""Which remote ledgers go to, and where it keeps them."""

from msgspec import Struct

from gitledger.errors import SyncError
from gitledger.ledger import Ledger
from gitledger.store.repo import NAMESPACE, Repository
from gitledger.store.tracking import TRACKING, TRACKING_NOTES, elected_remote, tracking_ref


class Remote(Struct, frozen=True):
    """A remote. `namespace` is where it keeps ledgers; only the elected one is ever given anything."""

    name: str
    namespace: str
    is_elected: bool

    def ref(self, ledger: str) -> str:
        """The ref of a ledger at the remote."""
        return f"{self.namespace}/{ledger}"

    @property
    def notes(self) -> str:
        """The notes ref at the remote."""
        return self._notes_area + "notes/taskledger"

    @property
    def _notes_area(self) -> str:
        return "refs/" if self.namespace + "/" == NAMESPACE else self.namespace + "-"

    @property
    def tracking_notes(self) -> str:
        """The remote's notes as last fetched."""
        return TRACKING_NOTES + self.name

    @property
    def refspecs(self) -> tuple[str, ...]:
        """What a fetch asks for. A pattern that fits one ref, unlike its plain name, is no error where that is missing."""
        stem = TRACKING_NOTES.rstrip("/").removesuffix("s")
        return (
            f"+{self.namespace}/*:{TRACKING}{self.name}/*",
            f"+{self._notes_area}note*/taskledger:{stem}*/{self.name}",
        )

    @property
    def lasting_refspec(self) -> str:
        """What `remote setup` writes, so that plain `git fetch` brings ledgers along; never onto our own refs."""
        return f"+{self.namespace}/*:{tracking_ref(self.name, '*')}"


def find_remote(ledger: Ledger, named: str | None, *, must_be_elected: bool) -> Remote:
    """The remote `named`, else the elected one. Raises SyncError where there is none, or it is not the elected one."""
    repo = ledger.repo
    known = remote_names(repo)
    elected = elected_remote(repo)
    wanted = named or elected
    if wanted is None:
        raise _none(known)
    if wanted not in known:
        raise SyncError(
            f"There is no remote {wanted!r} in this repository.",
            code="NO_REMOTE",
            hint=("git", "remote", "add", wanted, "..."),
            details={"remotes": known},
        )
    if must_be_elected and wanted != elected:
        raise SyncError(
            f"Ledgers go to {elected} alone; {wanted} is not the elected remote."
            if elected
            else f"Nothing says that ledgers go to {wanted}.",
            code="NOT_ELECTED",
            hint=("gitledger", "pull", wanted),
            remediation=(f"To elect it: git config taskledger.remote {wanted}",),
            details={"elected": elected, "remotes": known},
        )
    is_elected = wanted == elected
    namespace = ledger.config.remote_namespace if is_elected else NAMESPACE.rstrip("/")
    return Remote(wanted, namespace, is_elected)


def remote_names(repo: Repository) -> list[str]:
    """The remotes that have an address."""
    names = (name.removeprefix("remote.") for name in repo.settings("remote."))
    return sorted({name.rpartition(".")[0] for name in names if name.endswith(".url")})


def _none(known: list[str]) -> SyncError:
    if known:
        return SyncError(
            f"None of the remotes ({', '.join(known)}) is the one that ledgers go to.",
            code="NO_REMOTE",
            hint=("git", "config", "taskledger.remote", known[0]),
            details={"remotes": known},
        )
    return SyncError(
        "This repository has no remote to share its ledger with.",
        code="NO_REMOTE",
        hint=("git", "remote", "add", "origin", "..."),
        remediation=("Without a host, carry it by file: gitledger sync --bundle-out FILE.",),
    )
