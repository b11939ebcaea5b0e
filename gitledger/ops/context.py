"""What a fresh worker needs to know about a task, cut to its role: Markdown to read, or the same as data."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.model.task import Task, Todo
from gitledger.ops import _sections, _work_sections
from gitledger.ops._base import PROGRAM, TaskOperation, World, opt
from gitledger.ops._contexts import ROLES, Role
from gitledger.ops._page import Subject, render
from gitledger.ops._views import (
    ChangeView,
    CommitView,
    LockView,
    PlanView,
    QuestionView,
    RunView,
    TaskView,
    TodoView,
    View,
    change_views,
    commit_views,
    plan_view,
    question_views,
    ref_of,
    run_view,
    task_view,
    todo_view,
    todo_views,
)
from gitledger.ops.lock import LockStatus, ShowLock
from gitledger.ops.require import RequirementView, requirement_view, requirements_of
from gitledger.ops.task import Related, related
from gitledger.ops.validate import ValidationReport, validation_report

SECTIONS = {**_sections.SECTIONS, **_work_sections.SECTIONS}

RoleName = Literal["planner", "implementer", "validator", "full", "planning", "implementation", "validation"]


class Focus(View):
    """The part of the task that the worker is pointed at."""

    todo_id: str | None
    todo: TodoView | None
    focused_changes: list[ChangeView]
    focus_run_id: str | None = None
    run: RunView | None = None


class Questions(View):
    """The questions of the task by status."""

    open: list[QuestionView]
    answered: list[QuestionView]
    dismissed: list[QuestionView]


class TodoSummary(View):
    """The todos counted; `focused_index` is the place of the focused one among them, from 0."""

    total: int
    done: int
    open: int
    focused_index: int | None


class LatestRuns(View):
    """The latest run of each kind."""

    latest_planning: RunView | None
    latest_implementation: RunView | None
    latest_validation: RunView | None


class WorkerContract(View):
    """What the worker must and must not do, and what is expected of it."""

    must: list[str]
    must_not: list[str]
    required_output: list[str]


class WorkerContext(View):
    """A task as a fresh worker of one role needs it. Texts from the ledger are data, not instructions."""

    mode: str
    context_for: str
    scope: Literal["task", "todo"]
    context_format: Literal["json"]
    focus: Focus
    task: TaskView
    introduction: str | None
    guardrails: list[str]
    worker_contract: WorkerContract
    accepted_plan: PlanView | None
    plans: list[PlanView]
    questions: Questions
    todos: list[TodoView]
    todo_summary: TodoSummary
    file_links: list[str]
    dependencies: list[RequirementView]
    runs: LatestRuns
    lock: LockView | None
    lock_status: LockStatus
    changes: list[ChangeView]
    focused_changes: list[ChangeView]
    commits: list[CommitView]
    validation_history: list[RunView]
    validation_status: ValidationReport | None
    parent_task: Related | None
    follow_up_tasks: list[Related]
    review_contract: None = None
    kind: Literal["task_handoff"] = "task_handoff"


class ShowContext(TaskOperation, frozen=True, kw_only=True):
    """Show what a fresh worker needs to know about a task.

    --for cuts it to a role: planner, implementer, validator, or full (everything). --todo points the worker at
    one todo. It only looks: nothing is claimed or recorded.
    """

    command = "context"
    item_field = "todo"
    writes = False

    for_: Annotated[RoleName, opt("Who it is for; planning, implementation and validation mean the same roles.")] = (
        "full"
    )
    scope: Annotated[
        Literal["task", "todo"] | None, opt("What it is about: the task, or one todo; --todo implies todo.")
    ] = None
    todo: Annotated[str | None, opt("The todo to point at: todo-0003, 3, part of its id, or with its task: 30/todo-3.")] = None
    format: Annotated[Literal["markdown", "text", "json"], opt("How it is given; text is the same as markdown.")] = (
        "markdown"
    )

    def show(self, world: World) -> str | WorkerContext:
        role = self._role()
        self._check_scope(role)
        task = self.subject(world)
        todo = world.item(task.live_todos(), "todo", self.todo, task) if self.todo is not None else None
        if self.format == "json":
            return context_view(world, task, role, todo)
        return render(Subject(world, task, role, todo, self), SECTIONS)

    def _role(self) -> Role:
        role = ROLES.get(self.for_)
        if role is None:
            raise InvalidInput(
                f"There is no context for {self.for_!r}; known are {', '.join(ROLES)}.",
                hint=(PROGRAM, "context", "--help"),
            )
        return role

    def _check_scope(self, role: Role) -> None:
        """Scope, todo and role have to agree."""
        wrong = None
        if self.format not in ("markdown", "text", "json"):
            wrong = f"There is no format {self.format!r}; known are markdown, text, json."
        elif self.scope not in (None, "task", "todo"):
            wrong = f"There is no scope {self.scope!r}; known are task, todo."
        elif self.scope == "task" and self.todo is not None:
            wrong = "--scope task and --todo contradict each other; leave one out."
        elif self.scope == "todo" and self.todo is None:
            wrong = "--scope todo needs a --todo."
        elif self.todo is not None and not role.todo_focus:
            wrong = f"A context for the {role.name} is about the whole task; leave --todo out."
        if wrong:
            raise InvalidInput(wrong, hint=(PROGRAM, "context", "--help"))


def context_view(world: World, task: Task, role: Role, todo: Todo | None) -> WorkerContext:
    """The context as data: all that the sections of any role are made of."""
    changes = change_views(task, task.changes)
    focused = [change for change in changes if todo is not None and change.change_id in todo.changes]
    todos = task.live_todos()
    lock = ShowLock(task=task.uid).show(world)
    return WorkerContext(
        mode=role.mode,
        context_for=role.name,
        scope="todo" if todo else "task",
        context_format="json",
        focus=Focus(
            todo_id=ref_of(task.todos, todo) if todo else None,
            todo=todo_view(task, todo) if todo else None,
            focused_changes=focused,
        ),
        task=task_view(world, task),
        introduction=None,
        guardrails=list(role.guardrails),
        worker_contract=WorkerContract(
            must=list(role.must), must_not=list(role.must_not), required_output=list(role.output)
        ),
        accepted_plan=_accepted(world, task),
        plans=[plan_view(task, plan) for plan in task.plans],
        questions=_questions(task),
        todos=todo_views(task, todos),
        todo_summary=TodoSummary(
            total=len(todos),
            done=sum(item.is_done for item in todos),
            open=sum(not item.is_done for item in todos),
            focused_index=todos.index(todo) if todo else None,
        ),
        file_links=[],
        dependencies=[requirement_view(world, task, dep) for dep in requirements_of(task)],
        runs=_latest_runs(task),
        lock=lock.lock,
        lock_status=lock.status,
        changes=changes,
        focused_changes=focused,
        commits=commit_views(task, task.commits),
        validation_history=[run_view(task, run) for run in _work_sections.validations(task)],
        validation_status=validation_report(world, task) if role.mode in ("validation", "full") else None,
        **_neighbours(world, task),
    )


def _accepted(world: World, task: Task) -> PlanView | None:
    plan = task.current_plan()
    return plan_view(task, plan, world.plan_body(task, plan)) if plan else None


def _questions(task: Task) -> Questions:
    by_status: dict[str, list[QuestionView]] = {"open": [], "answered": [], "dismissed": []}
    for view in question_views(task, task.questions):
        by_status.setdefault(view.status, []).append(view)
    return Questions(open=by_status["open"], answered=by_status["answered"], dismissed=by_status["dismissed"])


def _latest_runs(task: Task) -> LatestRuns:
    def latest(run_type: str) -> RunView | None:
        run = task.latest_run(run_type)
        return run_view(task, run) if run else None

    return LatestRuns(
        latest_planning=latest("planning"),
        latest_implementation=latest("implementation"),
        latest_validation=latest("validation"),
    )


def _neighbours(world: World, task: Task) -> dict[str, Any]:
    parent = world.row(task.parent) if task.parent else None
    rows = world.source.dependents(task.uid)
    return {
        "parent_task": related(parent) if parent else None,
        "follow_up_tasks": [related(row) for row in rows if row.parent == task.uid],
    }


OPERATIONS = (ShowContext,)
