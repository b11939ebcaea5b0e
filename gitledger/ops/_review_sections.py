"""The sections of a review: the run it is about, what changed and ran in it, and what the review answers."""

from gitledger.model.task import Change, Evidence, Run, Task, Todo
from gitledger.ops._page import NONE, Lines, Section, Subject, listed
from gitledger.ops._proof import brief_line, of_todo
from gitledger.ops._views import ref_of, refs_of


def focused_changes(task: Task, todo: Todo | None, run: Run | None) -> list[Change]:
    """The changes that belong to the todo or run that a worker is pointed at; none without such."""
    if run is not None:
        return [change for change in task.changes if change.run == run.id]
    refs = refs_of(task.changes)
    named = set(todo.changes) if todo is not None else set()
    return [change for change in task.changes if named & {change.id, refs[change.id]}]


def _focused_run(subject: Subject) -> Lines:
    run, task = subject.run, subject.task
    if run is None:
        return ["- none: the review is about the whole task"]
    plan = task.plan(run.plan)
    facts = {
        "id": ref_of(task.runs, run),
        "type": run.type,
        "status": run.status,
        "result": run.result,
        "plan": ref_of(task.plans, plan) if plan is not None else None,
        "started": run.started_at,
        "finished": run.finished_at,
        "by": f"{run.actor.type} {run.actor.name}",
        "summary": run.summary.strip() if run.summary else None,
    }
    return [f"- {name}: {said}" for name, said in facts.items() if said]


def _focused_changes(subject: Subject) -> Lines:
    task, whole = subject.task, subject.run is None and subject.todo is None
    changes = task.changes if whole else focused_changes(task, subject.todo, subject.run)
    refs = refs_of(task.changes)
    return listed(
        f"{refs[change.id]} @{change.path}" + (f": {change.summary}" if change.summary else "") for change in changes
    )


def _deviations(subject: Subject) -> Lines:
    return listed(line.text for run in _runs(subject) for line in run.log if line.kind == "deviation")


def _todo_updates(subject: Subject) -> Lines:
    """The todos that were marked done, with what was said to prove it."""
    task, refs = subject.task, refs_of(subject.task.todos)
    lines: Lines = []
    for todo in task.live_todos():
        if todo.is_done and _is_within(subject, todo.done_at):
            lines.append(f"- {refs[todo.id]}: {todo.text.strip()}")
            lines += [f"  - evidence: {text.strip()}" for text in todo.evidence]
            lines += [f"  - {brief_line(task, item)}" for item in of_todo(task, todo)]
    return lines or NONE


def _commands_run(subject: Subject) -> Lines:
    """Programs that gitledger ran itself, and those of which somebody said that they ran."""
    ran = (item for item in subject.task.evidence if item.command and _is_within(subject, item.at))
    return listed(_ran_line(subject.task, item) for item in ran)


def _ran_line(task: Task, item: Evidence) -> str:
    line = brief_line(task, item)
    return line if item.command and item.command in line else f"{item.command} ({line})"


def _runs(subject: Subject) -> list[Run]:
    return [subject.run] if subject.run is not None else subject.task.runs


def _is_within(subject: Subject, at: str | None) -> bool:
    """Whether it happened in the run that the review is about; a record ties neither todos nor evidence to a run."""
    run = subject.run
    if run is None:
        return True
    return at is not None and run.started_at <= at and (run.finished_at is None or at <= run.finished_at)


def _questions(subject: Subject) -> Lines:
    return ["Answer each with what you have seen:", *listed(subject.role.questions)]


SECTIONS: dict[str, Section] = {
    "Focused Run": _focused_run,
    "Focused Changes": _focused_changes,
    "Plan Deviations": _deviations,
    "Todo Updates": _todo_updates,
    "Commands already run": _commands_run,
    "Spec Compliance Review": _questions,
    "Code Quality Review": _questions,
}
