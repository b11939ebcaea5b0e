"""The pure model: a replica is nothing but sets of events, and merging is their union. What design §3 promises, it can check."""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256

from gitledger.model import codec, fold, ids, merge
from gitledger.model.events import (
    ClaimReleased,
    Payload,
    TaskAdopted,
    TaskCreated,
    TaskRenumbered,
)
from gitledger.model.task import Actor, Claim, Task
from tests.property.play import DEEDS, LEDGERS, START, TITLES, History, check_record, deed

# The events of a ledger's tasks: uid → ids.
Ledger = Mapping[str, frozenset[str]]


class Universe:
    """Replicas, a hub, and every event that anybody was told is written."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.replicas: list[dict[str, Ledger]] = [{} for _ in history.skews]
        self.hub: dict[str, Ledger] = {}
        self.events: dict[str, codec.Event] = {}
        self.acknowledged: dict[str, dict[str, set[str]]] = {name: {} for name in LEDGERS}
        self.now = 0
        self._states: dict[tuple[str, frozenset[str]], fold.State] = {}
        for name in LEDGERS:
            begun = self._write(0, {}, self._new_uid(0, self.hub), [self._created(0, 1)])
            self._acknowledge(name, begun)
            for place in (self.hub, *self.replicas):
                place[name] = begun

    # ------------------------------------------------------------ reading

    def state(self, uid: str, known: frozenset[str]) -> fold.State:
        """The fold of these events."""
        state = self._states.get((uid, known))
        if state is None:
            state = self._states[uid, known] = merge.unite([self.events[event] for event in known])
        return state

    def tasks(self, ledger: Ledger) -> dict[str, Task]:
        """The records of a ledger."""
        return {uid: self.state(uid, known).task for uid, known in sorted(ledger.items())}

    def top(self, ledger: Ledger) -> int:
        """The highest number ever given."""
        tasks = self.tasks(ledger).values()
        return max((number for task in tasks for number in (task.number, *task.former_numbers)), default=0)

    # ------------------------------------------------------------ writing

    def _actor(self, who: int) -> Actor:
        return Actor("agent", "twin" if self.history.are_twins else f"agent-{who}")

    def _new_uid(self, who: int, ledger: Ledger) -> str:
        seed = f"{len(ledger)}" if self.history.are_twins else f"{len(self.events)} {who}"
        digits = sha256(seed.encode()).hexdigest()
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:32]}"

    def _created(self, value: int, number: int) -> TaskCreated:
        title = TITLES[value % 3]
        return TaskCreated(number=number, slug=f"{title.lower()}-{number}", title=title)

    def _write(self, who: int, ledger: Ledger, uid: str, payloads: list[Payload]) -> dict[str, frozenset[str]]:
        """The ledger after this replica has recorded the payloads."""
        if not self.history.is_frozen:
            self.now += 1
        known = ledger.get(uid, frozenset())
        for payload in payloads:
            task = self.state(uid, known).task if known else None
            event = codec.seal(
                payload,
                task=uid,
                clock=task.clock + 1 if task else 1,
                after=task.heads if task else (),
                nonce="0" * 8 if self.history.are_twins else f"{len(self.events):08x}",
                at=ids.later(START, self.now + self.history.skews[who]),
                op="test",
                actor=self._actor(who),
            )
            self.events[event.id] = event
            known |= {event.id}
        return {**ledger, uid: known}

    def _acknowledge(self, name: str, ledger: Ledger) -> None:
        for uid, known in ledger.items():
            self.acknowledged[name].setdefault(uid, set()).update(known)

    def _record(self, who: int, name: str, uid: str, payloads: list[Payload]) -> None:
        self.replicas[who][name] = self._write(who, self.replicas[who][name], uid, payloads)
        self._acknowledge(name, self.replicas[who][name])

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
        tasks = list(self.tasks(self.replicas[who][name]).values())
        task = tasks[value % len(tasks)]
        payloads = deed(kind, value // len(tasks), task, {other.number for other in tasks})
        if payloads:
            self._record(who, name, task.uid, payloads)

    def _create(self, who: int, name: str, value: int) -> None:
        ledger = self.replicas[who][name]
        uid = self._new_uid(who, ledger)
        if uid not in ledger:
            self._record(who, name, uid, [self._created(value, self.top(ledger) + 1)])

    def _pull(self, who: int, name: str, value: int) -> None:
        other = self.replicas[value % len(self.replicas)]
        self.replicas[who][name] = union(self.replicas[who][name], other[name])

    def _sync(self, who: int, name: str, value: int) -> None:
        self.sync(who, name)

    def _race(self, who: int, name: str, value: int) -> None:
        """Another replica pushes between my fetch and my push; what I had made of the old tip is thrown away."""
        rival = (who + 1 + value % (len(self.replicas) - 1)) % len(self.replicas)
        self.sync(who, name, meanwhile=lambda: self.sync(rival, name))

    def _fork(self, who: int, name: str, value: int) -> None:
        mine = self.replicas[who]
        mine["feature"] = union(mine["feature"], mine["main"])
        self._acknowledge("feature", mine["feature"])

    def _join(self, who: int, name: str, value: int) -> None:
        mine = self.replicas[who]
        mine["main"] = union(mine["main"], mine["feature"])
        self._acknowledge("main", mine["main"])

    def _adopt(self, who: int, name: str, value: int) -> None:
        mine = self.replicas[who]
        origin = LEDGERS[1 - LEDGERS.index(name)]
        there, here = mine[origin], mine[name]
        uid = sorted(there)[value % len(there)]
        if there[uid] <= here.get(uid, frozenset()):
            return
        number = self.tasks(there)[uid].number
        grafted = union(here, {uid: there[uid]})
        payloads: list[Payload] = [TaskAdopted(ledger=origin, tip="0" * 40, number=number)]
        now = self.tasks(grafted)[uid].number
        if any(task.number == now for other, task in self.tasks(here).items() if other != uid):
            payloads.append(TaskRenumbered(number=self.top(grafted) + 1, previous=now))
        mine[name] = grafted
        self._record(who, name, uid, payloads)

    # ------------------------------------------------------------ sync with the hub

    def sync(self, who: int, name: str, meanwhile: Callable[[], None] | None = None) -> bool:
        """Fetch, merge, settle, push against what was fetched. Whether anything moved."""
        mine = self.replicas[who][name]
        while True:
            fetched = self.hub[name]
            settled = self._settled(who, fetched, union(mine, fetched))
            if meanwhile is not None:
                meanwhile()
                meanwhile = None
            if self.hub[name] == fetched:
                break
        self._check_push(fetched, settled)
        has_moved = (settled, settled) != (mine, fetched)
        self.replicas[who][name] = self.hub[name] = settled
        self._acknowledge(name, settled)
        return has_moved

    def _settled(self, who: int, published: Ledger, merged: Ledger) -> Ledger:
        before, after = self.tasks(published), self.tasks(merged)
        moves = merge.settle(
            [merge.Numbered(uid, task.number) for uid, task in before.items()],
            [merge.Numbered(uid, task.number) for uid, task in after.items()],
            self.top(merged),
        )
        for move in moves:
            merged = self._write(who, merged, move.uid, [TaskRenumbered(number=move.new, previous=move.old)])
        for uid, task in after.items():
            stale = outdated_claims(before[uid].claims if uid in before else (), task.claims)
            if stale:
                merged = self._write(who, merged, uid, [ClaimReleased(claim=claim.id) for claim in stale])
        return merged

    def _check_push(self, before: Ledger, after: Ledger) -> None:
        """What a push does to what others have seen at the hub."""
        was, now = self.tasks(before), self.tasks(after)
        assert all(known <= after[uid] for uid, known in before.items()), "an event is lost"
        numbers = [task.number for task in now.values()]
        assert len(numbers) == len(set(numbers)), "two tasks hold one number at the hub"
        owners = {task.number: uid for uid, task in was.items()}
        for uid, task in now.items():
            assert owners.get(task.number, uid) == uid, "a number silently changed its owner"
        for uid, task in was.items():
            known = {claim.id for claim in task.claims}
            standing = {claim.holder for claim in now[uid].claims if claim.id in known}
            newcomers = {claim.holder for claim in now[uid].claims if claim.id not in known}
            assert not standing or newcomers <= standing, "a claim stands beside one that the hub saw first"

    def sync_until_nothing_moves(self, most: int = 3) -> int:
        """Every replica syncs every ledger, round after round; how many rounds moved something."""
        for rounds in range(most + 1):
            moved = [
                self.sync(who, name)
                for who in range(len(self.replicas))
                for name in LEDGERS
            ]
            if not any(moved):
                return rounds
        raise AssertionError(f"still moving after {most} rounds")

    def check(self) -> None:
        """Every replica holds the same, all that was ever acknowledged, and records that follow from it."""
        for replica in self.replicas:
            assert replica == self.hub, "replicas differ"
        for name, tasks in self.acknowledged.items():
            for uid, known in tasks.items():
                assert known <= self.hub[name][uid], "an event is lost"
        for ledger in self.hub.values():
            for uid, known in ledger.items():
                events = [self.events[event] for event in sorted(known)]
                state = self.state(uid, known)
                check_record(state, events)
                assert fold.files(merge.unite(events[::-1])) == fold.files(state), "order makes a difference"


def union(ours: Ledger, theirs: Ledger) -> dict[str, frozenset[str]]:
    """The merge of two ledgers."""
    return {uid: ours.get(uid, frozenset()) | theirs.get(uid, frozenset()) for uid in {**ours, **theirs}}


def outdated_claims(published: Iterable[Claim], merged: Iterable[Claim]) -> list[Claim]:
    """Which open claims of a task in the merge end, for the remote saw another's first (design §4).

    `published` are those open in H. One that H has not seen ends where a claim of another holder, open in H,
    is open still; whoever replaced that one, knowing of it, has ended it already.
    """
    merged = list(merged)
    known = {claim.id for claim in published}
    standing = {claim.holder for claim in merged if claim.id in known}
    return [claim for claim in merged if claim.id not in known and standing - {claim.holder}]
