"""The line to a remote: fetching into tracking refs, checking what came, pushing by compare-and-swap, remembering."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from functools import partial

from gitledger.errors import LedgerError, LostRace, StorageError, SyncError
from gitledger.git import Git, start_maintenance
from gitledger.git.remote import TRANSFER_TIMEOUT_S, Push, Pushed, fetch_refs, list_remote_refs, push_refs
from gitledger.ledger import Ledger
from gitledger.model import ids
from gitledger.store import check, memory, tracking
from gitledger.store.ancestry import contains
from gitledger.store.objects import is_readable, see_whole
from gitledger.store.repo import check_ledger_name
from gitledger.sync.plan import Seen
from gitledger.sync.remote import Remote


class Link:
    """A repository on its way to its remotes. `warnings` and `events` gather what the answer has to tell.

    `sent` holds the remote's refs that it says it has set, and to what, until they were looked at there.
    """

    def __init__(self, ledger: Ledger, *, asks: bool = False, timeout: float = TRANSFER_TIMEOUT_S) -> None:
        repo = ledger.repo
        self.ledger = ledger
        self.repo = repo
        self.asks = asks
        self.timeout = timeout
        self.git = Git(repo.git_dir, repo.common_dir, repo.work_tree, ledger.config.environ)
        self.events: list[str] = []
        self.warnings: list[str] = []
        self.takes_notes = True
        self.sent: dict[str, str] = {}

    def _fetch(self, remote: Remote) -> Seen:
        """Fetch into the tracking refs, and tell what is there now and what has gone."""
        repo = self.repo
        before = tracking.tracked(repo, remote.name)
        known = memory.recall(repo, remote.name)
        if known.namespace not in ("", remote.namespace):
            known = memory.Memory(last_sync=known.last_sync)
            before = {}
        if before.keys() - known.known.keys():
            # What was there is written down before the fetch prunes it.
            known.namespace = remote.namespace
            known.known |= before
            memory.remember(repo, remote.name, known)
        with self.naming_damage():
            fetch_refs(self.git, remote.name, remote.refspecs, prune=True, asks=self.asks, timeout=self.timeout)
        tips = {name: tip for name, tip in tracking.tracked(repo, remote.name).items() if _is_name(name)}
        taken = tracking.read_ref(repo, remote.tracking_notes)
        self._see_in(remote, {remote.ref(name): tip for name, tip in tips.items()} | ({remote.notes: taken} if taken else {}))
        self._housekeep(tip for name, tip in tips.items() if before.get(name) != tip)
        return Seen(tips, set(known.known) - set(tips), taken if self.takes_notes else None)

    def _housekeep(self, received: Iterable[str]) -> None:
        """About every 16 fetches that brought something (by its id) let git tidy up: each leaves a pack of its own."""
        if any(tip.startswith("0") for tip in received):
            start_maintenance(self.git)

    @contextmanager
    def naming_damage(self) -> Iterator[None]:
        """Where git fails for an object of this repository that cannot be read, raise the StorageError that names it."""
        try:
            yield
        except SyncError as error:
            see_whole(self.repo.pg, str(error.details.get("stderr", "")))
            raise

    def see_arrived(self, remote: Remote) -> None:
        """Look at the remote whether it holds what it has said it took. Raises SyncError where it does not."""
        if not self.sent:
            return
        # A remote may have another address to push to.
        place = self.repo.setting(f"remote.{remote.name}.pushurl") or remote.name
        held = list_remote_refs(self.git, place, list(self.sent), asks=self.asks)
        if held.items() >= self.sent.items():
            self.sent.clear()
        elif place == remote.name:
            self._fetch(remote)  # Somebody may have gone on from there.
        else:
            self._see_in(remote, held)

    def _see_in(self, remote: Remote, held: Mapping[str, str]) -> None:
        sent, self.sent = self.sent, {}
        for ref, commit in sent.items():
            tip = held.get(ref)
            if tip is None or tip != commit and not (is_readable(self.repo.pg, tip) and contains(self.repo.pg, tip, commit)):
                raise SyncError(
                    f"{remote.name} said that it took {ref}, but does not hold it; nothing of yours is lost here.",
                    code="REMOTE_LOST",
                    hint=("git", "ls-remote", remote.name),
                    remediation=(f"Ask who runs {remote.name} what resets {ref}: a hook, or a mirror that is behind.",),
                    details={"remote": remote.name, "ref": ref, "sent": commit, "held": tip},
                )

    def check(self, remote: Remote, name: str, tip: str) -> None:
        """See that what the remote has may be merged; in a partial clone, fetch what was left out and look again."""
        checked = memory.recall(self.repo, remote.name).checked
        good = [tip for tip in (self.repo.tip(name), checked.get(name), self.ledger.tip) if tip is not None]
        try:
            check.check_fetched(self.repo.pg, tip, dict.fromkeys(good), checked.get(name), self.ledger.progress)
        except StorageError:
            if not self._is_partial():
                raise
            fetch_refs(self.git, remote.name, remote.refspecs, refetch=True, asks=self.asks, timeout=self.timeout)
            check.check_fetched(self.repo.pg, tip, dict.fromkeys(good), checked.get(name), self.ledger.progress)

    def _is_partial(self) -> bool:
        found = self.repo.settings("remote.") | self.repo.settings("extensions.")
        return any(name.endswith((".promisor", ".partialclone")) for name in found)

    def remember(
        self, remote: Remote, checked: dict[str, str | None], *, is_sync: bool = False, has_company: bool = False
    ) -> None:
        """Keep in mind what the remote has, and which of its tips are sound; of a sync, whether others were met."""
        known = memory.recall(self.repo, remote.name)
        was = (dict(known.known), dict(known.checked), known.namespace)
        if known.namespace not in ("", remote.namespace):
            known = memory.Memory()
        known.namespace = remote.namespace
        known.known |= tracking.tracked(self.repo, remote.name)
        known.checked |= {name: tip for name, tip in checked.items() if tip is not None}
        if is_sync:
            known.last_sync, known.has_company = self.now(), has_company
        if is_sync or was != (known.known, known.checked, known.namespace):
            memory.remember(self.repo, remote.name, known)

    def now(self) -> str:
        """The time of this moment, as events carry it."""
        return self.ledger.config.test_now or ids.format_time(datetime.now(timezone.utc))

    def _push(self, remote: Remote, pushes: list[Push]) -> dict[str, Pushed]:
        if not pushes:
            return {}
        has = partial(contains, self.repo.pg)
        with self.naming_damage():
            answers = push_refs(self.git, remote.name, pushes, contains=has, asks=self.asks, timeout=self.timeout)
        see_whole(self.repo.pg, "\n".join(answer.said for answer in answers))
        self.sent |= {push.ref: push.new for push, answer in zip(pushes, answers, strict=True) if answer.outcome == "done"}
        return {push.ref: answer for push, answer in zip(pushes, answers, strict=True)}

    def track(self, ref: str, expected: str | None, new: str) -> None:
        """Move a tracking ref to what the remote has taken."""
        # Where it is not as expected, git has moved it itself, or the next fetch does.
        with suppress(LostRace):
            tracking.set_ref(self.repo, ref, expected, new)


def _is_name(name: str) -> bool:
    """Whether a remote's ref can be the name of a ledger; others have no business here."""
    try:
        check_ledger_name(name)
    except LedgerError:
        return False
    return True
