"""Evidence: how it is shown, what it is for, and which of it counts."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from gitledger.errors import InvalidInput, Refused
from gitledger.model.task import Criterion, Evidence, Plan, Task, Todo
from gitledger.ops._commands import on_task
from gitledger.ops._criteria import find_criterion
from gitledger.ops._views import ActorView, View, actor_view, refs_of
from gitledger.ops._world import World


class EvidenceView(View):
    """Evidence. `captured`: gitledger ran the program itself; else it is somebody's word."""

    id: str
    task_id: str
    kind: str
    summary: str
    subject: str | None
    command: str | None
    argv: list[str]
    exit_code: int | None
    passed: bool | None
    captured: bool
    tool: str | None
    artifacts: list[str]
    duration_ms: int | None
    output_digest: str | None
    output_tail: str | None
    tree: str | None
    tree_all: str | None
    recorded_at: str
    actor: ActorView | None
    event: str


class EvidenceBrief(View):
    """Evidence on one line, as other answers show it."""

    id: str
    kind: str
    text: str
    passed: bool | None
    captured: bool
    exit_code: int | None
    recorded_at: str


def evidence_views(task: Task, items: Iterable[Evidence]) -> list[EvidenceView]:
    """The views of evidence of the task."""
    refs, subjects = refs_of(task.evidence), subject_refs(task)
    return [
        EvidenceView(
            id=refs[item.id],
            task_id=task.id,
            kind=item.kind,
            summary=item.summary,
            subject=subjects.get(item.subject, item.subject) if item.subject else None,
            command=item.command,
            argv=item.argv,
            exit_code=item.exit_code,
            passed=item.passed,
            captured=item.captured,
            tool=item.tool,
            artifacts=item.artifacts,
            duration_ms=item.duration_ms,
            output_digest=item.output_digest,
            output_tail=item.output_tail,
            tree=item.tree,
            tree_all=item.tree_all,
            recorded_at=item.at,
            actor=actor_view(item.by),
            event=item.id,
        )
        for item in items
    ]


def evidence_view(task: Task, item: Evidence) -> EvidenceView:
    """The view of one piece of evidence."""
    return evidence_views(task, [item])[0]


def evidence_briefs(task: Task, items: Iterable[Evidence]) -> list[EvidenceBrief]:
    """Evidence on one line each."""
    refs = refs_of(task.evidence)
    return [
        EvidenceBrief(
            id=refs[item.id],
            kind=item.kind,
            text=text_of(item),
            passed=item.passed,
            captured=item.captured,
            exit_code=item.exit_code,
            recorded_at=item.at,
        )
        for item in items
    ]


def text_of(item: Evidence) -> str:
    """What evidence says, on one line: its summary, else its command."""
    return " ".join((item.summary or item.command or item.kind).split())


def brief_line(task: Task, item: Evidence) -> str:
    """`evidence-0003: pytest -q, passed (exit 0), captured`, for a page."""
    verdict = {True: "passed", False: "failed", None: ""}[item.passed]
    code = f"(exit {item.exit_code})" if item.exit_code is not None else ""
    said = " ".join(filter(None, (verdict, code)))
    parts = [text_of(item), said, "captured" if item.captured else "claimed"]
    return f"{refs_of(task.evidence)[item.id]}: " + ", ".join(filter(None, parts))


# ---------------------------------------------------------------------------------------------- what it is for


def subject_refs(task: Task) -> dict[str, str]:
    """How what evidence can be for is called: todos, runs and checks by id; criteria are called by theirs."""
    checks = {check.id: check.criterion for check in task.checks}
    return {**refs_of(task.todos), **refs_of(task.runs), **checks}


def of_todo(task: Task, todo: Todo) -> list[Evidence]:
    """The evidence for a todo, in order."""
    return [item for item in task.evidence if item.subject == todo.id]


def of_criterion(world: World, task: Task, plan: Plan, criterion: Criterion) -> list[Evidence]:
    """The evidence for a criterion of a plan, in order: given for it, or with one of its checks."""
    checks = {check.id for check in task.checks if check.plan == plan.id and check.criterion == criterion.id}
    rivals = [other for other in task.plans if other.id != plan.id and _has(other, criterion.id)]
    found = [item for item in task.evidence if item.subject in checks or item.subject == criterion.id]
    if not rivals:
        return found
    plans = plans_of(world, task)
    return [item for item in found if item.subject in checks or plans.get(item.id) == plan.id]


def plans_of(world: World, task: Task) -> dict[str, str | None]:
    """The plan of each piece of evidence for a criterion: ids are unique in a plan only, and it is the event that names it."""
    return {event.id: event.data.plan for event in world.source.events(task.uid) if event.type == "evidence.recorded"}


def _has(plan: Plan, criterion: str) -> bool:
    return any(held.id == criterion for held in plan.criteria)


class Subject(Struct, frozen=True):
    """What evidence is given for: the id that it names, and the plan that the id belongs to where it is a criterion's."""

    id: str | None
    plan: str | None = None


def find_subject(
    world: World, task: Task, *, todo: str | None = None, criterion: str | None = None, run: str | None = None
) -> Subject:
    """What --todo, --criterion or --run name; without one, the run that goes on, else the whole task."""
    given = [value for value in (todo, criterion, run) if value is not None]
    if len(given) > 1:
        raise InvalidInput(
            "--todo, --criterion and --run exclude each other: evidence is for one of them."
        )
    if todo is not None:
        return Subject(world.item(task.live_todos(), "todo", todo, task).id)
    if run is not None:
        return Subject(world.item(task.runs, "run", run, task).id)
    if criterion is None:
        going = task.running_run()
        return Subject(going.id if going else None)
    plan = task.current_plan()
    if plan is None:
        raise Refused(
            f"{task.id} has no accepted plan, whose criteria could be named.",
            hint=on_task(task, "plan", "list"),
            task_id=task.id,
        )
    return Subject(find_criterion(task, plan, world.within(task, criterion)).id, plan.id)


def kind_of(text: str) -> str:
    """`--kind`: one short line."""
    kind = text.strip()
    if not kind or len(kind) > 60 or not kind.isprintable():
        raise InvalidInput("--kind must be one line of 1 to 60 characters.")
    return kind


# ---------------------------------------------------------------------------------------------- which counts


def latest_of_each(task: Task, items: Sequence[Evidence]) -> list[Evidence]:
    """The evidence that nothing later of the same kind and subject, by the same command, stands in place of; in order.

    All checks of a criterion are one subject.
    """
    criteria = {check.id: check.criterion for check in task.checks}
    latest: dict[Any, Evidence] = {}
    for item in items:
        subject = criteria.get(item.subject or "", item.subject)
        key = (subject, item.kind, item.captured, tuple(item.argv) or item.command or item.summary)
        latest.pop(key, None)
        latest[key] = item
    return list(latest.values())
