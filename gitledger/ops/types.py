"""Types of tasks, as the team's policy and the orchestrator's configuration file give them: list, show, check a task against its own."""

from typing import Annotated, Any, Literal

from gitledger.errors import NotFound
from gitledger.model import workflow
from gitledger.model.policy import NoteRule
from gitledger.model.task import Task
from gitledger.ops._base import Operation, TaskOperation, arg
from gitledger.ops._facts import PROGRAM
from gitledger.ops._notes import is_filled
from gitledger.ops._types import Schema, missing_notes, next_role, schema_of, schemas_of
from gitledger.ops._views import View
from gitledger.ops._world import World


class NoteRuleView(View):
    """A note that tasks of a type have: due in `role`, required or not, with guidance for who writes it."""

    key: str
    role: str
    required: bool
    description: str


class TypeHead(View):
    """A type of tasks, and the file that says so. `gates` is null where those of the workflow hold."""

    name: str
    file: str
    workflow: str
    lifecycle: str
    gates: list[str] | None
    cascades: list[str]


class TypeRow(TypeHead):
    """One line of `types list`."""

    notes: int
    required_notes: int


class TypeList(View):
    """The types there are, in the order in which a task's labels are looked up."""

    types: list[TypeRow]
    total: int
    truncated: bool
    kind: Literal["type_list"] = "type_list"


class TypeView(TypeHead):
    """A type of tasks, with the notes that it asks for."""

    notes: list[NoteRuleView]
    kind: Literal["type"] = "type"


class NoteProgress(View):
    """A note of the task's type, and whether the task has it."""

    key: str
    role: str
    required: bool
    filled: bool
    description: str


class TypeCheck(View):
    """How a task stands against its type: whether the notes let it go on to the role `next`, and which are missing.

    `matched_by` is `type` or `label`; `guidance` is that of the first missing note. Without a type nothing is asked of it.
    """

    task_id: str
    uid: str
    type: str | None
    file: str | None
    matched_by: str | None
    lifecycle: str | None
    role: str
    next: str | None
    can_advance: bool
    notes: list[NoteProgress]
    missing: list[NoteRuleView]
    guidance: str | None
    kind: Literal["type_check"] = "type_check"


def note_rule_view(note: NoteRule) -> NoteRuleView:
    """A note that a type asks for, as answers show it."""
    return NoteRuleView(key=note.key, role=note.role, required=note.required, description=note.description)


class ListTypes(Operation, frozen=True, kw_only=True):
    """List the types of tasks: those of .gitledger.yaml, then those of the orchestrator's configuration file."""

    command = "types list"
    writes = False

    def show(self, world: World) -> TypeList:
        found = [_row(schema) for schema in schemas_of(world).values()]
        return TypeList(types=found, total=len(found), truncated=False)


def _row(schema: Schema) -> TypeRow:
    notes = schema.says.notes
    return TypeRow(**_head(schema), notes=len(notes), required_notes=sum(note.required for note in notes))


def _head(schema: Schema) -> dict[str, Any]:
    """The fields of a `TypeHead`."""
    says = schema.says
    return {
        "name": schema.name,
        "file": schema.file,
        "workflow": says.workflow,
        "lifecycle": says.lifecycle,
        "gates": list(says.gates) if says.gates is not None else None,
        "cascades": list(says.cascades),
    }


class ShowType(Operation, frozen=True, kw_only=True):
    """Show a type of tasks: its workflow and lifecycle, its gates, and the notes it asks for with their guidance."""

    command = "types show"
    writes = False

    name: Annotated[str, arg("The name of the type.", metavar="TYPE")]

    def show(self, world: World) -> TypeView:
        known = schemas_of(world)
        schema = known.get(self.name)
        if schema is None:
            raise NotFound(
                f"There is no type {self.name!r}.", hint=(PROGRAM, "types", "list"), details={"known": list(known)}
            )
        return TypeView(**_head(schema), notes=[note_rule_view(note) for note in schema.says.notes])


class CheckType(TaskOperation, frozen=True, kw_only=True):
    """Check a task against its type: which notes it has, and which are missing before it can go on.

    It asks the rule by which the step itself would be refused. The exit code is 0 either way.
    """

    command = "types check"
    writes = False

    def show(self, world: World) -> TypeCheck:
        task = self.subject(world)
        schema, target = schema_of(world, task), next_role(world, task)
        missing = missing_notes(world, task, target) if target else []
        return TypeCheck(
            task_id=task.id,
            uid=task.uid,
            type=schema.name if schema else None,
            file=schema.file if schema else None,
            matched_by=_matched_by(schema, task),
            lifecycle=schema.says.lifecycle if schema else None,
            role=workflow.role(task),
            next=target,
            can_advance=target is not None and not missing,
            notes=_progress(world, task, schema),
            missing=[note_rule_view(note) for note in missing],
            guidance=missing[0].description if missing else None,
        )


def _matched_by(schema: Schema | None, task: Task) -> str | None:
    return None if schema is None else "type" if schema.name == task.type else "label"


def _progress(world: World, task: Task, schema: Schema | None) -> list[NoteProgress]:
    return [
        NoteProgress(
            key=note.key,
            role=note.role,
            required=note.required,
            filled=is_filled(world, task, note.key),
            description=note.description,
        )
        for note in (schema.says.notes if schema else ())
    ]


OPERATIONS: tuple[type[Operation], ...] = (ListTypes, ShowType, CheckType)
