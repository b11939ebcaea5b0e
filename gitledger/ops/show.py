"""What a reference names, whatever it is: a task, something in it, or an event."""

from typing import Annotated, Any, Literal

import re

from msgspec import UNSET, UnsetType
from msgspec.structs import force_setattr

from gitledger.errors import Conflict, NotFound
from gitledger.model import ids
from gitledger.model.task import Task
from gitledger.ops._base import Operation, TaskOperation, arg
from gitledger.ops._criteria import find_criterion
from gitledger.ops._facts import PROGRAM
from gitledger.ops._handoffs import HandoffView, handoff_named, handoff_view
from gitledger.ops._intros import IntroView, find_intro, intro_view
from gitledger.ops._plan_views import QuestionView, question_view
from gitledger.ops._views import View, ref_of
from gitledger.ops._work_views import ChangeView, CheckView, change_view, check_views, run_view
from gitledger.ops._world import World
from gitledger.ops.comment import CommentView, comment_views
from gitledger.ops.evidence import EvidenceShown, ShowEvidence
from gitledger.ops.implement import RunShown
from gitledger.ops.plan import PlanShown, ShowPlan
from gitledger.ops.task import EventView, ShowTask, TaskShown, event_view
from gitledger.ops.todo import ShowTodo, TodoShown
from gitledger.ops.validate import CriterionReport, validation_report

_ITEM = re.compile(r"(todo|q|question|plan|run|change|check|evidence|comment|handoff|ac)-v?0*[0-9]{1,9}(?:\.[0-9a-f]+)?")
_INTRO = re.compile(r"intro-[0-9]{1,9}(?:\.[0-9a-f]+)?")
_HEX = re.compile(r"[0-9a-f]{4,20}")
_MANY = 10

What = Literal[
    *("task", "todo", "question", "plan", "run", "check", "change", "evidence", "comment", "handoff", "criterion"),
    *("intro", "event"),
]


class Shown(View):
    """What was found. `ref` is the shortest way to name it from anywhere; it lies under the name that `what` says."""

    what: What
    ref: str
    task_id: str | None
    task: TaskShown | UnsetType = UNSET
    todo: TodoShown | UnsetType = UNSET
    question: QuestionView | UnsetType = UNSET
    plan: PlanShown | UnsetType = UNSET
    run: RunShown | UnsetType = UNSET
    check: CheckView | UnsetType = UNSET
    change: ChangeView | UnsetType = UNSET
    evidence: EvidenceShown | UnsetType = UNSET
    comment: CommentView | UnsetType = UNSET
    handoff: HandoffView | UnsetType = UNSET
    criterion: CriterionReport | UnsetType = UNSET
    intro: IntroView | UnsetType = UNSET
    event: EventView | UnsetType = UNSET
    kind: Literal["shown"] = "shown"


class ShowReference(TaskOperation, frozen=True, kw_only=True):
    """Show whatever a reference names: a task, an item of one, or an event.

    A task by number, slug or uid; todo-0003, q-0001, plan-v2, run-0002, check-0001, change-0001, evidence-0001,
    comment-0001, handoff-0001 or ac-0001 of the active task, or of another as 30/todo-3; intro-0001; an event by its
    id, or 4 digits of it.
    """

    command = "show"
    item_field = "ref"
    writes = False

    ref: Annotated[str | None, arg("What to show; left out, the active task.")] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.ref is not None and self.task is None and ids.split_reference(self.ref).ledger is not None:
            # A task of another ledger.
            force_setattr(self, "task", self.ref)
            force_setattr(self, "ref", None)

    def show(self, world: World) -> Shown:
        if self.ref is None:
            return _task(world, self.subject(world))
        text = self.ref.strip().lower()
        item = _ITEM.fullmatch(text)
        if item is not None:
            return self._item(world, item[1], text)
        if _INTRO.fullmatch(text) and self.task is None:
            intro = intro_view(world, find_intro(world, text))
            return Shown(what="intro", ref=intro.id, task_id=None, intro=intro)
        if self.task is None:
            try:
                return _task(world, world.task(self.ref))
            except NotFound:
                if _HEX.fullmatch(text) is None:
                    raise
        return _event(world, text, self.ref)

    def _item(self, world: World, prefix: str, text: str) -> Shown:
        """The item of a task that is named by its number."""
        task = self.subject(world)
        what, ref, view = _SHOWN[prefix](world, task, text, self.task)
        return Shown(what=what, ref=f"{task.id}/{ref}", task_id=task.id, **{what: view})


def _task(world: World, task: Task) -> Shown:
    return Shown(what="task", ref=task.id, task_id=task.id, task=ShowTask(task=task.uid).show(world))


# ---------------------------------------------------------------------------------------------- items


# what it is, how the task calls it, and its view; `named` is how who asked has named the task
Found = tuple[What, str, Any]


def _todo(world: World, task: Task, text: str, named: str | None) -> Found:
    view = ShowTodo(task=named, todo=text).show(world)
    return "todo", view.todo.id, view


def _question(world: World, task: Task, text: str, named: str | None) -> Found:
    item = world.item(task.questions, "q", text.replace("question-", "q-"), task)
    return "question", ref_of(task.questions, item), question_view(task, item)


def _plan(world: World, task: Task, text: str, named: str | None) -> Found:
    view = ShowPlan(task=named, version=re.sub("plan-v?", "plan-v", text)).show(world)
    return "plan", view.plan.plan_id, view


def _run(world: World, task: Task, text: str, named: str | None) -> Found:
    item = world.item(task.runs, "run", text, task)
    return "run", ref_of(task.runs, item), RunShown(task_id=task.id, run=run_view(task, item))


def _check(world: World, task: Task, text: str, named: str | None) -> Found:
    item = world.item(task.checks, "check", text, task)
    return "check", ref_of(task.checks, item), check_views(task, [item])[0]


def _change(world: World, task: Task, text: str, named: str | None) -> Found:
    item = world.item(task.changes, "change", text, task)
    return "change", ref_of(task.changes, item), change_view(task, item)


def _evidence(world: World, task: Task, text: str, named: str | None) -> Found:
    view = ShowEvidence(task=named, evidence=text).show(world)
    return "evidence", view.evidence.id, view


def _comment(world: World, task: Task, text: str, named: str | None) -> Found:
    item = world.item(task.comments, "comment", text, task)
    return "comment", ref_of(task.comments, item), next(view for view in comment_views(task) if view.event == item.id)


def _handoff(world: World, task: Task, text: str, named: str | None) -> Found:
    view = handoff_view(world, task, handoff_named(world, task, text))
    return "handoff", view.handoff_id, view


def _criterion(world: World, task: Task, text: str, named: str | None) -> Found:
    plan = task.current_plan()
    if plan is None:
        raise NotFound(
            f"{task.id} has no accepted plan, whose criteria could be named.",
            hint=(PROGRAM, "plan", "list", "--task", task.id),
            task_id=task.id,
        )
    wanted = find_criterion(task, plan, text).id
    return "criterion", wanted, next(item for item in validation_report(world, task).criteria if item.id == wanted)


_SHOWN = {
    "todo": _todo,
    "q": _question,
    "question": _question,
    "plan": _plan,
    "run": _run,
    "check": _check,
    "change": _change,
    "evidence": _evidence,
    "comment": _comment,
    "handoff": _handoff,
    "ac": _criterion,
}


# ---------------------------------------------------------------------------------------------- events


def _event(world: World, prefix: str, typed: str) -> Shown:
    """The one event whose id begins so, of a task that is not deleted or of the book."""
    found = world.source.events_named(prefix) if _HEX.fullmatch(prefix) else []
    rows = {event.task: world.row(event.task) for event in found if event.task is not None}
    found = [event for event in found if event.task is None or not _is_hidden(rows[event.task])]
    if not found:
        raise NotFound(
            f"Nothing in ledger {world.ledger} is called {typed[:80]!r}.",
            hint=(PROGRAM, "task", "list"),
            remediation=("Name a task, an item like 30/todo-3, or an event by at least 4 digits of its id.",),
        )
    if len(found) > 1:
        raise Conflict(
            f"{typed[:80]!r} names {len(found)} events; give more of the id.",
            code="AMBIGUOUS",
            hint=(PROGRAM, "show", found[0].id),
            details={"candidates": [f"{event.id} {event.type}" for event in found[:_MANY]]},
        )
    [event] = found
    row = rows.get(event.task)
    task_id = row.id if row is not None else None
    return Shown(what="event", ref=event.id, task_id=task_id, event=event_view(event, task_id))


def _is_hidden(row: Any) -> bool:
    return row is None or row.is_deleted


OPERATIONS: tuple[type[Operation], ...] = (ShowReference,)
