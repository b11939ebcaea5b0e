"""The work graph answered by SQL is the one that plain Python makes of the same records, however they came into the index."""

from typing import Any

from hypothesis import given, settings, strategies as st

from gitledger.model import codec, ids
from gitledger.model.listing import Sieve, Wanted
from gitledger.model.task import (
    Actor,
    Claim,
    Dependency,
    Disagreement,
    Hold,
    Plan,
    Question,
    Run,
    Task,
    Waiver,
)
from gitledger.store import nodes
from gitledger.store.graph import IndexGraph
from gitledger.store.index import Index
from tests.ops.memory_graph import MemoryGraph

NOW = "2026-11-20T10:00:00.000000Z"
ADA, BOT = Actor(type="user", name="ada", session="1"), Actor(type="agent", name="bot", session="2")
UIDS = [f"{place:x}{place:x}{place:x}{place:x}0000-0000-4000-8000-000000000000" for place in range(8)]
MOMENTS = [None, "2026-11-19", "2026-11-20T09:00:00Z", "2026-11-20T20:00:00+02:00", "2026-11-21T09:59:59.5Z", "2026-12-01", "x"]
STATUSES = {
    "light": ["queue", "work", "review", "done", "cancelled", "draft"],
    "staged": ["draft", "planning", "plan_review", "approved", "implementing", "implemented", "validating", "done"]
    + ["failed_validation", "cancelled", "queue"],
    "later": ["queue"],
}
LATER = st.sampled_from([-7200, -1, 0, 1, 7200])


@st.composite
def claims(draw: Any) -> Claim:
    actor = draw(st.sampled_from([ADA, BOT]))
    until = ids.later(NOW, draw(LATER))
    return Claim("c", actor.holder(), actor, NOW, until, draw(st.sampled_from([7200, 0])))


@st.composite
def dependencies(draw: Any) -> Dependency:
    return Dependency(
        id="d",
        on=draw(st.sampled_from(UIDS)),
        type=draw(st.sampled_from(["blocks", "blocks", "blocks", "relates_to"])),
        unblock_at=draw(st.sampled_from(["done", "done", "review", "work", "later"])),
        waiver=draw(st.sampled_from([None, None, Waiver("e", NOW, ADA, "x")])),
    )


def plan(status: str) -> Plan:
    return Plan(id="p", version=1, status=status, created_at=NOW, created_by=BOT, digest="sha256:0", file="plans/1.md")


@st.composite
def tasks(draw: Any, uid: str) -> Task:
    """A task; few values each, so that they meet."""
    flow = draw(st.sampled_from(["light", "light", "staged", "staged", "later"]))
    few = st.sampled_from
    return Task(
        uid=uid,
        number=draw(st.integers(1, 4)),
        slug="s",
        title="t",
        workflow=flow,
        status=draw(few(STATUSES[flow])),
        labels=sorted(draw(st.sets(few(["a", "b"])))),
        priority=draw(few([None, "critical", "high", "medium", "low", "odd"])),
        created_at=draw(few([NOW, "2026-11-01T00:00:00.000000Z"])),
        updated_at=ids.later(NOW, draw(few([0, -5 * 86400, -10 * 86400]))),
        due=draw(few(MOMENTS)),
        next_run_at=draw(few([None, None, *MOMENTS])),
        parent=draw(few([None, *UIDS[:3]])),
        sort=draw(few([None, 1, 2])),
        dependencies=draw(st.lists(dependencies(), max_size=3, unique_by=lambda dep: (dep.on, dep.type))),
        claims=draw(st.lists(claims(), max_size=2)),
        hold=draw(few([None, None, None, Hold(NOW, ADA, "why", "queue")])),
        accepted_plan=draw(few([None, "p", "p"])),
        plans=draw(few([[], [plan("accepted")], [plan("proposed")]])),
        questions=draw(few([[], [], [Question("q", 1, "?", NOW, BOT, required=True)]])),
        runs=draw(few([[], [Run("r", 1, "implementation", NOW, BOT)]])),
        conflicts=draw(few([[], [], [Disagreement("accepted_plan", ["x", "y"])]])),
        unknown=draw(few([[], [], [], ["x.mine"], ["of.later"]])),
        archived_at=draw(few([None, None, None, NOW])),
        deleted_at=draw(few([None, None, None, NOW])),
    )


@st.composite
def ledgers(draw: Any) -> list[list[Task]]:
    """What a ledger holds, and what it holds after some tasks changed and some came."""
    first = [draw(tasks(uid)) for uid in UIDS[: draw(st.integers(1, 6))]]
    later = [draw(tasks(task.uid)) if draw(st.booleans()) else task for task in first]
    return [first, [*later, draw(tasks(UIDS[7]))]]


def taken(task: Task) -> tuple[str, bytes, list, Task]:
    return f"tasks/{task.uid}", codec.encode_record(task), [], task


def dump(index: Index) -> dict[str, list]:
    return {name: sorted(index.db.execute(f"SELECT * FROM {name}"), key=repr) for name in nodes.TABLES}


WANTED = [
    Wanted(now=NOW, holder=BOT.holder()),
    Wanted(now=NOW, holder=ADA.holder(), is_person=True, limit=2),
    Wanted(now=NOW, holder=BOT.holder(), with_mine=False, labels=("a",), without=frozenset(UIDS[:1])),
    Wanted(now=NOW, holder=BOT.holder(), statuses=frozenset({"draft", "queue", "approved"}), limit=1),
    Wanted(now=NOW, holder=BOT.holder(), any_label=frozenset({"b", "c"})),
]
SIEVES = [
    Sieve(),
    Sieve(roles=("done", "work", "queue"), order="updated", limit=3),
    Sieve(roles=("queue", "archived"), newest=False, limit=2, offset=1),
    Sieve(parent=UIDS[0], priority="medium"),
    Sieve(any_label=("a", "c"), is_open=True),
    Sieve(is_open=True, order="due", newest=False, after=NOW, until=ids.later(NOW, 86400)),
    Sieve(order="next_run", newest=False, until=NOW),
]
BEFORE = {"queue": ids.later(NOW, -7 * 86400), "work": ids.later(NOW, -3 * 86400)}


@settings(max_examples=150, deadline=None)
@given(ledgers())
def test_sql_and_python_agree(states: list[list[Task]]) -> None:
    index = Index(":memory:")
    index.reset()
    held: dict[str, Task] = {}
    for state in states:
        changed = [task for task in state if held.get(task.uid) is not task]
        index.remove(f"tasks/{task.uid}" for task in changed)
        index.add(iter([taken(task) for task in changed]))
        held = {task.uid: task for task in state}
        compare(IndexGraph(lambda ask, default: ask(index)), MemoryGraph(lambda: state, lambda task: f"tasks/{task.uid}"))
    fresh = Index(":memory:")
    fresh.reset()
    fresh.add(iter([taken(task) for task in states[-1]]))
    assert dump(index) == dump(fresh), "brought up to date it is as one made anew"


def compare(graph: IndexGraph, plain: MemoryGraph) -> None:
    for wanted in WANTED:
        assert graph.ready(wanted) == plain.ready(wanted), wanted
        assert graph.hindered(wanted) == plain.hindered(wanted), wanted
    for labels in (frozenset[str](), frozenset({"a", "c"})):
        assert graph.roles(labels) == plain.roles(labels)
    for sieve in SIEVES:
        assert graph.sift(sieve) == plain.sift(sieve), sieve
    for limit in (0, 2):
        for labels in (frozenset(), frozenset({"a"}), frozenset({"b", "c"})):
            assert graph.blocked(limit, labels) == plain.blocked(limit, labels)
            assert graph.stale(BEFORE, limit, labels) == plain.stale(BEFORE, limit, labels)
        for parent in (None, *UIDS[:3]):
            assert graph.children(parent, limit) == plain.children(parent, limit)
    assert graph.unmet(UIDS) == plain.unmet(UIDS)
    assert graph.child_counts(UIDS) == plain.child_counts(UIDS)
    assert graph.labels() == plain.labels()
    assert sort(graph.claimed(NOW)) == sort(plain.claimed(NOW))
    assert sort(graph.rows(UIDS)) == sort(plain.rows(UIDS))
    assert sort(graph.edges()) == sort(plain.edges())
    assert graph.needs(UIDS[:2]) == plain.needs(UIDS[:2])
    assert sort(graph.needed_by(UIDS[:2])) == sort(plain.needed_by(UIDS[:2]))


def sort(items: list) -> list:
    return sorted(items, key=repr)
