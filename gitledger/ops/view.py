"""The dashboard of a task: all that somebody looks at to see how it stands."""

from typing import Literal

from gitledger.ops._base import Operation, TaskOperation
from gitledger.ops._file_links import FileLinkView, link_views
from gitledger.ops._plan_views import PlanView, QuestionView, plan_view, question_views
from gitledger.ops._task_views import TaskView, task_view
from gitledger.ops._views import LockView, View, lock_view
from gitledger.ops._work_views import ChangeView, RunView, TodoView, change_views, run_view, todo_views
from gitledger.ops._world import World, live_claim
from gitledger.ops.next_action import NextAction, ShowNextAction
from gitledger.ops.task import EventView, event_view
from gitledger.ops.validate import ValidationReport, validation_report

_EVENTS = 50


class QuestionCounts(View):
    """The questions, and how many of them are open."""

    total: int
    open: int
    items: list[QuestionView]


class TodoCounts(View):
    """The todos, and how many of them are done."""

    total: int
    done: int
    items: list[TodoView]


class FileCounts(View):
    """The files and addresses that the task is linked to."""

    total: int
    items: list[FileLinkView]


class Dashboard(View):
    """A task with its next step. `plan` is the latest; `events` are the last 50, oldest first."""

    task: TaskView
    plan: PlanView | None
    plans: list[PlanView]
    next_action: NextAction
    questions: QuestionCounts
    todos: TodoCounts
    files: FileCounts
    runs: list[RunView]
    changes: list[ChangeView]
    validation: ValidationReport
    events: list[EventView]
    lock: LockView | None
    kind: Literal["dashboard"] = "dashboard"


class ShowDashboard(TaskOperation, frozen=True, kw_only=True):
    """Show how a task stands: its next step, progress, todos, questions, plan, runs and last events.

    It only looks; `serve` shows the same in a browser, for every task.
    """

    command = "view"
    writes = False

    def show(self, world: World) -> Dashboard:
        task = self.subject(world)
        latest, claim = task.latest_plan(), live_claim(task.claims, world.now)
        questions, todos, links = question_views(task, task.questions), todo_views(task, task.live_todos()), link_views(task)
        return Dashboard(
            task=task_view(world, task),
            plan=plan_view(task, latest, world.plan_body(task, latest)) if latest else None,
            plans=[plan_view(task, plan) for plan in task.plans],
            next_action=ShowNextAction(task=self.task).show(world),
            questions=QuestionCounts(
                total=len(questions), open=sum(item.status == "open" for item in questions), items=questions
            ),
            todos=TodoCounts(total=len(todos), done=sum(item.done for item in todos), items=todos),
            files=FileCounts(total=len(links), items=links),
            runs=[run_view(task, run) for run in task.runs],
            changes=change_views(task, task.changes),
            validation=validation_report(world, task),
            events=[event_view(event, task.id) for event in world.source.events(task.uid, last=_EVENTS)],
            lock=lock_view(task, claim, world.now) if claim else None,
        )


OPERATIONS: tuple[type[Operation], ...] = (ShowDashboard,)
