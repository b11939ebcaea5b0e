"""The gate `evidence: fresh`: what is finished has been proven on the source tree that is there now (design §4, Freshness).

For each todo and criterion: where gitledger itself captured evidence, that counts, and nobody's word; of each command the
latest run counts. Where nothing was captured, the claim counts, by the tree that it was made on.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from gitledger.errors import LedgerError, ValidationFailed
from gitledger.model.task import Evidence, Task
from gitledger.ops import _proof, guards
from gitledger.ops._commands import on_task
from gitledger.ops._criteria import criteria_states
from gitledger.ops._facts import PROGRAM, Blocker, Trees
from gitledger.ops._types import has_gate
from gitledger.ops._views import refs_of
from gitledger.ops._world import World

_SHOWN = 5
_LISTED = 100
_PLACEHOLDER = "COMMAND"


class _Judged(Struct, frozen=True):
    """What is wrong with the proof of `ref`: `item` failed on this tree, or belongs to another (`item` None: a claim)."""

    ref: str
    has_failed: bool
    claim: Any
    item: Evidence | None
    command: tuple[str, ...]


def is_wanted(world: World, task: Task) -> bool:
    """Whether the policy wants fresh evidence for this task: of all, or as a gate of its type."""
    return world.policy.evidence == "fresh" or has_gate(world, task, "evidence fresh")


# ---------------------------------------------------------------------------------------------- judging


def _judge(
    task: Task, now: Trees, ref: str, own: Sequence[Evidence], wider: Sequence[Evidence], claims: Sequence[Any], help: "_Help"
) -> _Judged | None:
    """What is wrong with what proves one thing: its own captured evidence, that of the whole run, and claims."""
    latest = _proof.latest_of_each(task, [item for item in own if item.captured])
    fresh = [item for item in latest if now.is_met_by(item)]
    failed = next((item for item in reversed(fresh) if not item.passed), None)
    if failed is not None:
        return _Judged(ref, True, None, failed, help.capture)
    if fresh:
        return None
    # A command of the whole run that fails may have been there to look at something; that it passes proves something.
    passed = [item for item in _proof.latest_of_each(task, [item for item in wider if item.captured]) if item.passed]
    if any(now.is_met_by(item) for item in passed):
        return None
    stale = [*passed, *latest]
    if stale:
        return _Judged(ref, False, None, stale[-1], help.capture)
    if any(now.is_met_by(claim) for claim in claims):
        return None
    return _Judged(ref, False, claims[-1] if claims else None, None, help.claim)


class _Help(Struct, frozen=True):
    """The commands that prove something anew: by a program, or by somebody's word."""

    capture: tuple[str, ...]
    claim: tuple[str, ...]


def _judged_todos(task: Task, now: Trees) -> Iterator[_Judged | None]:
    run = task.running_run("implementation") or task.latest_run("implementation")
    wider = [item for item in task.evidence if run is not None and item.subject == run.id]
    refs = refs_of(task.todos)
    done = [todo for todo in task.live_todos() if todo.mandatory and todo.is_done]
    for todo in done:
        ref, own = refs[todo.id], _proof.of_todo(task, todo)
        help = _Help(
            (PROGRAM, "run", "--task", task.id, "--todo", ref, "--", _PLACEHOLDER),
            on_task(task, "todo", "done", ref, "--evidence", "..."),
        )
        claims = [item for item in own if not item.captured and item.passed is not False]
        yield _judge(task, now, ref, own, wider, [todo, *claims], help)
    if not done and run is not None and any(item.captured and item.passed for item in wider):
        again = (PROGRAM, "run", "--task", task.id, "--", _PLACEHOLDER)
        yield _judge(task, now, refs_of(task.runs)[run.id], (), wider, (), _Help(again, again))


def _judged_criteria(world: World, task: Task, now: Trees) -> Iterator[_Judged | None]:
    plan, run = task.current_plan(), task.running_run("validation") or task.latest_run("validation")
    for state in criteria_states(task, plan, run):
        if plan is None or not state.criterion.mandatory or not state.is_satisfied or state.latest.waiver is not None:
            continue
        ref = state.criterion.id
        own = _proof.of_criterion(world, task, plan, state.criterion)
        help = _Help(
            (PROGRAM, "validate", "command", "--task", task.id, "--criterion", ref, "--", _PLACEHOLDER),
            on_task(task, "validate", "check", "--criterion", ref, "--status", "pass", "--evidence", "..."),
        )
        claims = [item for item in own if not item.captured and item.passed is not False]
        yield _judge(task, now, ref, own, (), [*claims, state.latest], help)


# ---------------------------------------------------------------------------------------------- saying


def _blockers(world: World, task: Task, judged: Iterable[_Judged | None]) -> list[Blocker]:
    wrong = [item for item in judged if item is not None]
    if not wrong:
        return []
    stale = [item for item in wrong if not item.has_failed]
    trees = {tree for tree in map(_tree_of, stale) if tree is not None}
    known = world.changed_since([*sorted(trees), "HEAD"]) if stale else {}
    refs = refs_of(task.evidence)
    return [_blocker(item, refs, known) for item in wrong]


def _tree_of(judged: _Judged) -> str | None:
    proof = judged.item or judged.claim
    return None if proof is None else proof.tree_all or proof.tree


def _blocker(judged: _Judged, refs: dict[str, str], known: dict[str, list[str]]) -> Blocker:
    item, ref = judged.item, judged.ref
    what = f"What was said of {ref}" if item is None else f"{refs[item.id]} of {ref} ({_short(_proof.text_of(item))})"
    details: dict[str, Any] = {"evidence": refs[item.id] if item is not None else None}
    if judged.has_failed:
        assert item is not None
        message = f"{what} failed on this source tree: exit {item.exit_code}."
        return Blocker("evidence_failed", message, ref=ref, command=judged.command, details=details)
    tree = _tree_of(judged)
    if tree is None:
        told, paths, since = "belongs to no known source tree.", None, None
    elif tree in known:
        paths, since = known[tree], "evidence"
        told = f"belongs to another source tree; changed since: {_named(paths)}."
    else:
        paths, since = known.get("HEAD"), "HEAD"
        told = "belongs to another source tree, which this clone does not know."
        told += f" Changed since the last commit: {_named(paths)}." if paths else ""
    details |= {"changed": (paths or [])[:_LISTED], "changed_since": since}
    return Blocker("evidence_stale", f"{what} {told}", ref=ref, command=judged.command, details=details)


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def _named(paths: Sequence[str]) -> str:
    more = len(paths) - _SHOWN
    return (", ".join(paths[:_SHOWN]) or "nothing") + (f" and {more} more" if more > 0 else "")


# ---------------------------------------------------------------------------------------------- the rules


def todos_not_proven(world: World, task: Task) -> list[Blocker]:
    """The todos whose proof is of another tree, where the policy cares."""
    return _blockers(world, task, _judged_todos(task, world.trees())) if is_wanted(world, task) else []


def criteria_not_proven(world: World, task: Task) -> list[Blocker]:
    """The satisfied criteria whose proof is of another tree, where the policy cares."""
    return _blockers(world, task, _judged_criteria(world, task, world.trees())) if is_wanted(world, task) else []


def _refuse(task: Task, blockers: list[Blocker]) -> LedgerError:
    changed = sorted({path for blocker in blockers for path in blocker.details.get("changed", ())})
    return guards.refusal(ValidationFailed, task, blockers, code="EVIDENCE_STALE", changed=changed[:_LISTED])


# Every mandatory todo that is done is proven on the tree of now.
todos_proven = guards.Rule("evidence fresh", lambda world, task, op: todos_not_proven(world, task), _refuse)

# A validation that passes has proven every mandatory criterion on the tree of now.
criteria_proven = guards.Rule(
    "evidence fresh",
    lambda world, task, op: criteria_not_proven(world, task) if getattr(op, "result", "passed") == "passed" else [],
    _refuse,
)
