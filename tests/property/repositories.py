"""The same histories carried out in real repositories: entries by `Ledger.run`, merges by `merge_tips`, refs by compare-and-swap."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import shutil

from msgspec import structs

import pygit2

from gitledger.config import Claimed
from gitledger.errors import LostRace
from gitledger.ledger import Ledger, open_ledger
from gitledger.model import codec, fold, ids
from gitledger.model.events import TaskAdopted, TaskCreated, TaskRenumbered
from gitledger.ops._base import Operation, on
from gitledger.ops._world import World
from gitledger.ops.ledger import InitLedger
from gitledger.store import chain, refs
from gitledger.store.content import Content
from gitledger.store.meeting import meet
from gitledger.store.merge import Merged, merge_tips
from gitledger.store.objects import read_commit
from gitledger.store.repo import Repository
from gitledger.store.tree import task_directories
from gitledger.store.verify import verify
from gitledger.sync.settle import settle
from tests.property.play import DEEDS, LEDGERS, START, TITLES, History, check_record, deed

Pair = tuple[str, str]


class Tell(Operation, frozen=True, kw_only=True):
    """Record what `steps(world)` yields."""

    command = "test tell"
    steps: Any = None

    def decide(self, world: World):
        for intent in self.steps(world):
            yield intent

    def what(self, world: World) -> str:
        return "told"

    def show(self, world: World) -> None:
        return None


class Workshop:
    """Bare repositories over one object store: replicas and a hub. Histories are played in it one after another."""

    def __init__(self, folder: Path, replicas: int) -> None:
        self.names = [*(f"r{place}" for place in range(replicas)), "hub"]
        self.hub = replicas
        self.folder = folder
        shared = folder / "objects"
        for name in self.names:
            pygit2.init_repository(folder / name, bare=True)
            if not shared.exists():
                shutil.move(folder / name / "objects", shared)
            else:
                shutil.rmtree(folder / name / "objects")
            (folder / name / "objects").symlink_to(shared)
            with (folder / name / "config").open("a") as config:
                # Nobody tidies up behind our back: replicas share their objects, and refs are deleted as files.
                config.write("[taskledger]\n\tfsync = false\n[gc]\n\tauto = 0\n[maintenance \"gc\"]\n\tenabled = false\n")
        self.environ = {"HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1", "GITLEDGER_TEST_SEED": "-"}
        self.pairs: list[Pair] = []
        self.merges = self.settlements = 0

    def begin(self, history: History) -> None:
        """Forget the history before, and start: one ledger that all cloned, and one that each began on its own."""
        self.history = history
        self.now = self.writes = 0
        self.merged: dict[Pair, Merged] = {}
        self.acknowledged: dict[str, set[str]] = {name: set() for name in LEDGERS}
        for name in self.names:
            shutil.rmtree(self.folder / name / "refs" / "taskledger", ignore_errors=True)
            shutil.rmtree(self.folder / name / "gitledger", ignore_errors=True)
        self.ledgers = {
            (who, name): open_ledger(str(self.folder / self.names[who]), ledger=name, environ=self.environ)
            for who in range(len(self.names))
            for name in LEDGERS
        }
        self.pg = self.ledgers[0, "main"].repo.pg
        self.run(0, "main", InitLedger())
        self._create(0, "main", 0)
        tip = self.tip(0, "main")
        for who in range(1, len(self.names)):
            refs.move(self.ledgers[who, "main"].repo, "main", None, tip)
        for who in range(self.hub):
            self.run(who, "feature", InitLedger())

    def tip(self, who: int, name: str) -> str:
        """Where a ledger stands in a replica or the hub."""
        return self.ledgers[who, name].repo.tip(name)

    def run(self, who: int, name: str, op: Operation) -> None:
        """Run an operation as that replica, with its clock."""
        self.act_as(who, self.ledgers[who, name])
        self.acknowledged[name].update(self.ledgers[who, name].run(op).events)

    def act_as(self, who: int, ledger: Ledger) -> None:
        """Give the ledger the replica's clock, name and source of randomness."""
        self.writes += 1
        if not self.history.is_frozen:
            self.now += 1
        is_twin = self.history.are_twins
        ledger.config = structs.replace(
            ledger.config,
            test_now=ids.later(START, self.now + (*self.history.skews, 0)[who]),
            test_seed="twin" if is_twin else f"{who} {self.writes}",
            from_environment=Claimed("agent", "twin" if is_twin else f"agent-{who}"),
        )

    # ------------------------------------------------------------ merging

    def merge(self, ours: str, theirs: str) -> Merged:
        """`merge_tips`, looked at from both sides; what a history has merged already is not merged again."""
        merged = self.merged.get((ours, theirs))
        if merged is None:
            merged, mirrored = merge_tips(self.pg, ours, theirs), merge_tips(self.pg, theirs, ours)
            assert merged.tip == mirrored.tip, "which side merges makes a difference"
            self.merged |= {(ours, theirs): merged, (theirs, ours): mirrored}
        self.merges += 1
        if merged.kind == "merge":
            self.pairs.append((ours, theirs))
            check_merge_commit(self.pg, merged.tip, ours, theirs)
        return merged

    def take(self, who: int, name: str, tip: str) -> bool:
        """Merge a tip into a ledger, as a pull does; whether the ledger moved."""
        mine = self.tip(who, name)
        merged = self.merge(mine, tip).tip
        if merged != mine:
            refs.move(self.ledgers[who, name].repo, name, mine, merged)
        return merged != mine

    # ------------------------------------------------------------ steps

    def play(self) -> None:
        """Carry out the history."""
        for kind, who, pick in self.history.steps:
            name = LEDGERS[pick % 2]
            if kind in DEEDS:
                self._deed(kind, who, name, pick // 2)
            else:
                getattr(self, f"_{kind}")(who, name, pick // 2)

    def _deed(self, kind: str, who: int, name: str, value: int) -> None:
        def steps(world: World):
            rows = world.source.rows(archived=True)
            if rows:
                task = world.record(rows[value % len(rows)].uid)
                for payload in deed(kind, value // len(rows), task, {row.number for row in rows}):
                    yield on(task, payload)

        self.run(who, name, Tell(steps=steps))

    def _create(self, who: int, name: str, value: int) -> None:
        def steps(world: World):
            title = TITLES[value % 3]
            number = world.source.top_number() + 1
            yield on(world.new_uid(), TaskCreated(number=number, slug=f"{title.lower()}-{number}", title=title))

        self.run(who, name, Tell(steps=steps))

    def _pull(self, who: int, name: str, value: int) -> None:
        self.take(who, name, self.tip(value % self.hub, name))

    def _fork(self, who: int, name: str, value: int) -> None:
        self.take(who, "feature", self.tip(who, "main"))

    def _join(self, who: int, name: str, value: int) -> None:
        self.take(who, "main", self.tip(who, "feature"))

    def _sync(self, who: int, name: str, value: int) -> None:
        self.sync(who, name)

    def _race(self, who: int, name: str, value: int) -> None:
        self.sync(who, name, meanwhile=lambda: self.sync((who + 1 + value % (self.hub - 1)) % self.hub, name))

    def _adopt(self, who: int, name: str, value: int) -> None:
        """Graft the folder of a task that is not here, and record where it came from."""
        origin = LEDGERS[1 - LEDGERS.index(name)]
        ledger = self.ledgers[who, name]
        here = {path.rpartition("-")[2] for path, _ in self.folders(self.tip(who, name))}
        there = [folder for folder in self.folders(self.tip(who, origin)) if folder[0].rpartition("-")[2] not in here]
        if not there:
            return
        path, oid = there[value % len(there)]
        chain.append(
            ledger.repo,
            name,
            expected=self.tip(who, name),
            files={},
            grafts={path: oid},
            message="graft\n",
            author=("a", "a@example.org"),
            seconds=0,
        )

        def steps(world: World):
            uid = next(row.uid for row in self._rows(world) if row.directory == path)
            number = world.record(uid).number
            yield on(uid, TaskAdopted(ledger=origin, tip="0" * 40, number=number))
            if any(row.number == number and row.uid != uid for row in self._rows(world)):
                yield on(uid, TaskRenumbered(number=world.source.top_number() + 1, previous=number))

        self.run(who, name, Tell(steps=steps))

    def _rows(self, world: World) -> list[Any]:
        """Every row, those of deleted tasks too."""
        folders = self.folders(world.place.tip)
        return [world.row(self.event_sets(world.place.tip)[path][0].task) for path, _ in folders]

    # ------------------------------------------------------------ sync

    def sync(self, who: int, name: str, meanwhile: Callable[[], None] | None = None) -> bool:
        """Fetch, merge, settle in one entry, push by compare-and-swap; a lost race starts again. Whether anything moved."""
        repo, hub = self.ledgers[who, name].repo, self.ledgers[self.hub, name].repo
        while True:
            before, fetched = repo.tip(name), hub.tip(name)
            tip = self._settled(who, name, fetched, before if fetched is None else self._met(repo, before, fetched))
            if meanwhile is not None:
                meanwhile()
                meanwhile = None
            try:
                if fetched != tip:
                    refs.move(hub, name, fetched, tip)
                elif hub.tip(name) != fetched:
                    raise LostRace("")
            except LostRace:
                continue
            break
        if before != tip:
            refs.move(repo, name, before, tip)
        return (before, fetched) != (tip, tip)

    def _met(self, repo: Repository, ours: str, published: str) -> str:
        met = meet(repo, ours, published)
        if self.tree(ours) != self.tree(published):
            assert met.tip == self.merge(ours, published).tip
        return met.tip

    def _settled(self, who: int, name: str, fetched: str | None, merged: str) -> str:
        """The merge, or the one entry on top of it that settles numbers and claims."""
        self.act_as(who, self.ledgers[who, name])
        settled = settle(self.ledgers[who, name], merged, fetched)
        if settled.tip != merged:
            self.settlements += 1
        return settled.tip

    def sync_until_nothing_moves(self, most: int = 4) -> int:
        """Every replica syncs every ledger, round after round; how many rounds moved something."""
        for rounds in range(most + 1):
            if not any([self.sync(who, name) for who in range(self.hub) for name in LEDGERS]):
                return rounds
        raise AssertionError(f"still moving after {most} rounds")

    # ------------------------------------------------------------ looking

    def folders(self, tip: str) -> list[tuple[str, pygit2.Oid]]:
        """Every task folder at a tip."""
        return list(task_directories(self.pg, read_commit(self.pg, tip).tree_id))

    def event_sets(self, tip: str) -> dict[str, list[codec.Event]]:
        """The events at a tip, by folder."""
        content = Content(self.pg, tip)
        return {path: content.events(path) for path, _ in self.folders(tip)}

    def tree(self, tip: str) -> pygit2.Oid:
        """The tree of a tip."""
        return read_commit(self.pg, tip).tree_id

    def check(self) -> None:
        """One tip everywhere, whole to `verify`, with every event that was ever acknowledged, and no number twice."""
        for name in LEDGERS:
            tips = {self.tip(who, name) for who in range(len(self.names))}
            assert len(tips) == 1, "replicas differ"
            tip = tips.pop()
            report = verify(self.ledgers[0, name].repo, name, tip)
            assert report.findings == [], report.findings
            found = self.event_sets(tip)
            numbers = []
            for events in found.values():
                state = fold.fold(events)
                check_record(state, events)
                numbers.append(state.task.number)
            assert len(numbers) == len(set(numbers)), "two tasks hold one number"
            book = Content(self.pg, tip).events("book")
            assert self.acknowledged[name] <= {event.id for events in (*found.values(), book) for event in events}


def check_merge_commit(pg: pygit2.Repository, tip: str, one: str, other: str) -> None:
    """A merge commit is, byte for byte, what design §9 makes of its parents and its tree."""
    seconds = max(pg[one].commit_time, pg[other].commit_time)
    who = f"gitledger <merge@gitledger.invalid> {seconds} +0000"
    first, second = sorted((one, other))
    wanted = (
        f"tree {pg[tip].tree_id}\nparent {first}\nparent {second}\nauthor {who}\ncommitter {who}\n\nmerge ledgers\n"
    )
    assert pg.read(tip)[1].decode() == wanted, "the merge commit holds something of its own"
