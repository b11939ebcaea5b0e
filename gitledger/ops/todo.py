"""The todos of a task: added by anyone, done with evidence, and a gate for finishing where they are mandatory."""

from typing import Annotated, Any, Literal

from gitledger.errors import InvalidInput
from gitledger.model.events import TodoAdded, TodoDone, TodoUndone
from gitledger.model.task import Task, Todo
from gitledger.ops import guards
from gitledger.ops._base import Decision, TaskOperation, arg, on, opt, require_text
from gitledger.ops._commands import line_of, on_task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._proof import EvidenceBrief, evidence_briefs, of_todo
from gitledger.ops._views import CommandHint, View, ref_of, refs_of
from gitledger.ops._work_views import TodoView, todo_view, todo_views
from gitledger.ops._world import World, live_claim, next_number


class Progress(View):
    """How many todos there are, done and open."""

    total: int
    done: int
    open: int
    open_ids: list[str]


def progress(task: Task) -> Progress:
    """The todo progress of a task."""
    todos, refs = task.live_todos(), refs_of(task.todos)
    open_ids = [refs[todo.id] for todo in todos if not todo.is_done]
    return Progress(total=len(todos), done=len(todos) - len(open_ids), open=len(open_ids), open_ids=open_ids)


def next_todo(task: Task) -> Todo | None:
    """The todo to work on: the first open mandatory one, else the first open one."""
    open_todos = [todo for todo in task.live_todos() if not todo.is_done]
    return next((todo for todo in open_todos if todo.mandatory), open_todos[0] if open_todos else None)


def _done_command(task: Task, todo: Todo, op: TaskOperation) -> str:
    """The command that marks a todo done."""
    return line_of(on_task(task, "todo", "done", ref_of(task.todos, todo), "--evidence", "..."), task, op)


def _next_command(task: Task, op: TaskOperation) -> str:
    """The command to go on with after a todo changed."""
    return line_of(on_task(task, "next-action"), task, op)


class AddedTodo(View):
    """The part of a new todo that matters to who added it."""

    id: str
    text: str
    status: str
    done: bool
    mandatory: bool
    source: str
    evidence_count: int


class TodoAddedView(View):
    """A todo was added."""

    task_id: str
    todo: AddedTodo
    progress: Progress
    next_command: str
    kind: Literal["todo_added"] = "todo_added"


class AddTodo(TaskOperation, frozen=True, kw_only=True):
    """Add a todo.

    While the task is being implemented a new todo is mandatory unless --optional says otherwise; at other
    times it is optional unless --mandatory says so.
    """

    command = "todo add"
    guards = (
        guards.status_in("draft", "planning", "plan_review", "approved", "implementing", "failed_validation"),
    )

    text: Annotated[str, opt("What is to be done.", is_input=True)]
    mandatory: Annotated[bool, opt("Finishing needs it done.")] = False
    optional: Annotated[bool, opt("Finishing does not need it done.")] = False
    validation_hint: Annotated[str | None, opt("How to see that it is done.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        if self.mandatory and self.optional:
            raise InvalidInput(
                "--mandatory and --optional exclude each other.", hint=(PROGRAM, "todo", "add", "--help")
            )
        claim = live_claim(task.claims, world.now)
        stage = claim.stage if claim else None
        source = {"planning": "planner", "implementing": "implementer"}.get(stage or "", "user")
        yield on(
            task,
            TodoAdded(
                number=next_number(task.todos),
                text=require_text(self.text, "--text").strip("\n"),
                source=source,
                mandatory=self.mandatory or (task.status == "implementing" and not self.optional),
                active=task.status == "implementing",
                validation_hint=self.validation_hint or None,
            ),
        )

    def what(self, world: World) -> str:
        return self.text

    def show(self, world: World) -> TodoAddedView:
        task = self.subject(world)
        todo = task.todos[-1]
        return TodoAddedView(
            task_id=task.id,
            todo=AddedTodo(
                id=ref_of(task.todos, todo),
                text=todo.text,
                status=todo.status,
                done=todo.is_done,
                mandatory=todo.mandatory,
                source=todo.source,
                evidence_count=len(todo.evidence),
            ),
            progress=progress(task),
            next_command=_next_command(task, self),
        )


class TodoUpdated(View):
    """A todo was marked done or open."""

    task_id: str
    todo_id: str
    status: str
    done: bool
    changed: bool
    evidence_recorded: bool
    artifact_refs_added: list[str]
    change_refs_added: list[str]
    progress: Progress
    next_command: str
    kind: Literal["todo_update"] = "todo_update"


def _updated(world: World, task: Task, todo: Todo, op: TaskOperation, **added: Any) -> TodoUpdated:
    return TodoUpdated(
        task_id=task.id,
        todo_id=ref_of(task.todos, todo),
        status=todo.status,
        done=todo.is_done,
        changed=world.changed,
        evidence_recorded=added.get("evidence", False),
        artifact_refs_added=added.get("artifacts", []),
        change_refs_added=added.get("changes", []),
        progress=progress(task),
        next_command=_next_command(task, op),
    )


_TOGGLE = guards.status_in(
    "draft", "planning", "plan_review", "approved", "implementing", "implemented", "failed_validation"
)


class DoneTodo(TaskOperation, frozen=True, kw_only=True):
    """Mark a todo done, with what proves it."""

    command = "todo done"
    item_field = "todo"
    guards = (_TOGGLE,)

    todo: Annotated[str, arg("The todo: todo-0003, 3, part of its id, or with its task: 30/todo-3.", metavar="TODO")]
    evidence: Annotated[list[str], opt("What proves it; may be given more than once.")] = []
    artifact: Annotated[list[str], opt("A file that came of it; may be given more than once.")] = []
    change: Annotated[list[str], opt("A recorded change that did it; may be given more than once.")] = []

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        todo = _live_item(world, task, self.todo)
        changes = [ref_of(task.changes, world.item(task.changes, "change", ref, task)) for ref in self.change]
        evidence = [require_text(text, "--evidence") for text in self.evidence]
        artifacts = [require_text(text, "--artifact") for text in self.artifact]
        news = [*evidence, *artifacts, *changes]
        is_known = todo.is_done and set(news) <= {*todo.evidence, *todo.artifacts, *todo.changes}
        if is_known and not news:
            return
        now = world.trees()
        # Said again of another source tree, it is news.
        if is_known and (now.tree is None or now.is_met_by(todo)):
            return
        yield on(
            task,
            TodoDone(
                todo=todo.id, evidence=evidence, artifacts=artifacts, changes=changes, tree=now.tree, tree_all=now.tree_all
            ),
        )

    def what(self, world: World) -> str:
        return _named(world, self)

    def show(self, world: World) -> TodoUpdated:
        task = self.subject(world)
        todo = _live_item(world, task, self.todo)
        is_proven = bool(self.evidence) or any(item.subject == todo.id for item in task.evidence)
        return _updated(world, task, todo, self, evidence=is_proven, artifacts=self.artifact, changes=self.change)


class UndoneTodo(TaskOperation, frozen=True, kw_only=True):
    """Open a todo again. Its evidence stays."""

    command = "todo undone"
    item_field = "todo"
    guards = (_TOGGLE,)

    todo: Annotated[str, arg("The todo: todo-0003, 3, part of its id, or with its task: 30/todo-3.", metavar="TODO")]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        todo = _live_item(world, task, self.todo)
        if todo.is_done:
            yield on(task, TodoUndone(todo=todo.id))

    def what(self, world: World) -> str:
        return _named(world, self)

    def show(self, world: World) -> TodoUpdated:
        task = self.subject(world)
        return _updated(world, task, _live_item(world, task, self.todo), self)


def _live_item(world: World, task: Task, reference: str) -> Todo:
    return world.item(task.live_todos(), "todo", reference, task)


def _named(world: World, op: Any) -> str:
    task = op.subject(world)
    todo = _live_item(world, task, op.todo)
    return f"{todo.ref} {todo.text}"


class TodoList(View):
    """The todos of a task."""

    task_id: str
    todos: list[TodoView]
    total: int
    truncated: bool
    kind: Literal["todo_list"] = "todo_list"


class ListTodos(TaskOperation, frozen=True, kw_only=True):
    """List the todos of a task."""

    command = "todo list"
    writes = False

    def show(self, world: World) -> TodoList:
        task = self.subject(world)
        todos = todo_views(task, task.live_todos())
        return TodoList(task_id=task.id, todos=todos, total=len(todos), truncated=False)


class TodoShown(View):
    """One todo, the evidence for it, and the command that marks it done."""

    task_id: str
    todo: TodoView
    done_command: str
    evidence: list[EvidenceBrief] = []
    kind: Literal["task_todo"] = "task_todo"


class ShowTodo(TaskOperation, frozen=True, kw_only=True):
    """Show a todo with its hint and evidence."""

    command = "todo show"
    item_field = "todo"
    writes = False

    todo: Annotated[str, arg("The todo: todo-0003, 3, part of its id, or with its task: 30/todo-3.", metavar="TODO")]

    def show(self, world: World) -> TodoShown:
        task = self.subject(world)
        todo = _live_item(world, task, self.todo)
        return TodoShown(
            task_id=task.id,
            todo=todo_view(task, todo),
            done_command=_done_command(task, todo, self),
            evidence=evidence_briefs(task, of_todo(task, todo)),
        )


class TodoGate(View):
    """Whether the todos let the implementation finish."""

    task_id: str
    total: int
    done: int
    open_todos: list[str]
    blockers: list[dict[str, Any]]
    can_finish_implementation: bool
    todos: list[TodoView]
    kind: Literal["todo_gate_report"] = "todo_gate_report"


def todo_gate_view(world: World, task: Task) -> TodoGate:
    """The todo gate of a task, with its todos for who reads."""
    report = guards.todo_gate(task, guards.todo_blockers(world, task))
    return TodoGate(**report, todos=todo_views(task, task.live_todos()))


class TodoStatus(TaskOperation, frozen=True, kw_only=True):
    """Show whether the todos let the implementation finish."""

    command = "todo status"
    writes = False

    def show(self, world: World) -> TodoGate:
        return todo_gate_view(world, self.subject(world))


class NextTodoView(View):
    """The todo to work on next, or none."""

    task_id: str
    next_todo_id: str | None
    next_todo: TodoView | None
    commands: list[CommandHint]
    can_finish_implementation: bool
    kind: Literal["next_todo"] = "next_todo"


def _todo_commands(task: Task, todo: Todo, op: TaskOperation) -> list[CommandHint]:
    """What to do with the next todo."""
    show = line_of(on_task(task, "todo", "show", ref_of(task.todos, todo)), task, op)
    return [
        CommandHint(kind="inspect", label="Show next todo", command=show, primary=True),
        CommandHint(
            kind="complete",
            label="Mark todo done after evidence exists",
            command=_done_command(task, todo, op),
            primary=False,
        ),
    ]


class NextTodo(TaskOperation, frozen=True, kw_only=True):
    """Show the todo to work on next."""

    command = "todo next"
    writes = False

    def show(self, world: World) -> NextTodoView:
        task = self.subject(world)
        todo = next_todo(task)
        return NextTodoView(
            task_id=task.id,
            next_todo_id=ref_of(task.todos, todo) if todo else None,
            next_todo=todo_view(task, todo) if todo else None,
            commands=_todo_commands(task, todo, self) if todo else [],
            can_finish_implementation=not guards.todo_blockers(world, task),
        )


OPERATIONS = (AddTodo, ListTodos, DoneTodo, UndoneTodo, ShowTodo, TodoStatus, NextTodo)
