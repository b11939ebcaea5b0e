"""What is to become of each ledger once a fetch has shown what the remote has; and moving it, once the remote has that."""

from gitledger.errors import StorageError
from gitledger.ledger.pointers import remember_number
from gitledger.model import ids
from gitledger.ops.sync import LedgerSync
from gitledger.store import meeting, refs, tracking
from gitledger.store.content import Content
from gitledger.store.merge import Merged, merge_tips
from gitledger.sync import telling
from gitledger.sync.link import Link
from gitledger.sync.plan import Plan, Seen
from gitledger.sync.remote import Remote
from gitledger.sync.settle import settle


class Planner(Link):
    """A repository's ledgers beside those of a remote."""

    def scope(self, seen: Seen, every: bool) -> list[str]:
        """The ledgers that this is about."""
        local = self.repo.ledgers()
        if not local:
            return [self.first(seen)]
        names = [name for name in sorted(local) if self.is_shared(name)] if every else [self.ledger.name]
        if names == [self.ledger.name] and self.ledger.name not in local and self.ledger.name not in seen.tips:
            raise self.not_here(seen)
        return names

    def is_shared(self, name: str) -> bool:
        """Whether the ledger may leave this clone."""
        return (self.repo.setting(f"taskledger.{name}.localOnly") or "false").lower() in ("false", "no", "off", "0", "")

    def first(self, seen: Seen) -> str:
        """The remote's ledger that becomes the first one here."""
        branch = self.repo.branch()
        wanted = [self.ledger.name]
        if self.ledger.name_source in ("default", "only ledger") and branch is not None:
            wanted = [branch, self.ledger.name]
        found = next((name for name in wanted if name in seen.tips), None)
        if found is None and len(seen.tips) == 1 and len(wanted) == 2:
            found = next(iter(seen.tips))
        if found is None:
            raise self.not_here(seen)
        return found

    def not_here(self, seen: Seen) -> StorageError:
        """The refusal of a ledger that is neither here nor at the remote."""
        others = sorted(seen.tips)
        told = f" The remote has: {', '.join(others[:10])}." if others else ""
        return StorageError(
            f"There is no ledger {self.ledger.name} here, nor at the remote.{told}",
            code="NOT_INITIALISED",
            hint=("gitledger", "ledger", "switch", others[0]) if others else ("gitledger", "init"),
            details={"ledger": self.ledger.name, "remote_ledgers": others},
        )

    def plan(self, remote: Remote, name: str, seen: Seen, recreate: bool) -> Plan | LedgerSync:
        """What is to become of a ledger; where nothing more is to be done, what has. Raises LostRace where it was written to."""
        ours, published = self.repo.tip(name), seen.tips.get(name)
        if ours is not None and ours == published:
            return telling.state(self.repo, name, seen, "in_sync")
        if published is not None:
            self.check(remote, name, published)
        if ours is None:
            return self.start(name, seen)
        held = self.held_back(name, ours, seen, recreate)
        if held is not None:
            return held
        if published is None:
            merged = Merged(ours, "ahead")
        else:
            merged = meeting.meet(self.repo, ours, published)
        settled = settle(self.ledger.at(name) if name != self.ledger.name else self.ledger, merged.tip, published)
        if settled.skipped:
            self.warnings.append(
                f"{len(settled.skipped)} task(s) of ledger {name} were written by a newer gitledger, which has to settle them."
            )
        return Plan(name, ours, published, settled.tip, merged, settled)

    def held_back(self, name: str, ours: str, seen: Seen, recreate: bool) -> LedgerSync | None:
        """Why the ledger is not pushed, if so: it is closed, or it has gone from the remote."""
        published = seen.tips.get(name)
        merged = Merged(ours, "ahead")
        closed = self.closed(published) if published is not None else self.closed(ours)
        if closed is not None and published is not None:
            merged = merge_tips(self.repo.pg, ours, published)
            closed = self.closed(merged.tip)  # It may have been opened again here.
        if closed is not None:
            if merged.tip != ours:
                refs.move(self.repo, name, ours, merged.tip)
            state = telling.state(self.repo, name, seen, "closed", previous=ours, message=f"closed: {closed}; it is not pushed")
            state.new_events = merged.events
            return state
        if published is None and name in seen.gone and not recreate:
            message = f"Ledger {name} has gone from the remote, and was not pushed again; sync --recreate does that."
            self.warnings.append(message)
            return telling.state(self.repo, name, seen, "gone", message=message)
        return None

    def closed(self, tip: str) -> str | None:
        """Why the ledger was closed at a tip; None where it is open."""
        book = Content(self.repo.pg, tip).book()
        return (book.closed_reason or "") if book.closed_at is not None else None

    # ---------------------------------------------------------------- carrying out

    def take(self, remote: Remote, plan: Plan, *, was_pushed: bool) -> LedgerSync:
        """Move what is here, now that the remote holds the target. Raises LostRace where a local write came first."""
        if was_pushed:
            self.track(tracking.tracking_ref(remote.name, plan.name), plan.published, plan.target)
        if plan.target != plan.ours:
            refs.move(self.repo, plan.name, plan.ours, plan.target)
            self.ledger.renew_stamps()
        self.events += plan.settled.events
        for move in plan.settled.renumbered:
            number = ids.parse_task_number(move.old)
            if number is not None:
                remember_number(self.repo, plan.name, number, move.uid)
        return telling.report(self.repo, plan, was_pushed=was_pushed)

    def start(self, name: str, seen: Seen) -> LedgerSync:
        """The remote's ledger becomes one here."""
        tip = seen.tips.get(name)
        if tip is None:
            raise self.not_here(seen)
        refs.move(self.repo, name, None, tip)
        self.ledger.renew_stamps()
        state = telling.state(self.repo, name, seen, "started")
        state.previous = None
        return state
