"""The sections about plan, todos, work and its proof: functions to Markdown lines."""

from collections.abc import Iterable

from gitledger.model.task import Plan, Run, Task, Todo
from gitledger.ops import guards
from gitledger.ops._commands import line_of
from gitledger.ops._freshness import criteria_not_proven
from gitledger.ops._page import NONE, Lines, Section, Subject, Verbatim, listed, one_line
from gitledger.ops._proof import brief_line, latest_of_each, of_criterion, of_todo
from gitledger.ops._steps import criteria_of, done_argv
from gitledger.ops._views import ref_of, refs_of, run_ref
from gitledger.ops._work_views import SHORT_COMMIT
from gitledger.ops._world import claim_until, live_claim

# ---------------------------------------------------------------------------------------------- plan and todos


def _accepted_plan(subject: Subject) -> Lines:
    task, plan = subject.task, subject.task.current_plan()
    if plan is not None:
        body = subject.world.plan_body(task, plan) or "(The plan has no body.)"
        return [*_plan_facts(task, plan), "", Verbatim(body)]
    if task.accepted_plan is not None:
        return ["- none: two plans were accepted at the same time; the user has to accept one of them again"]
    return NONE


def _plan_facts(task: Task, plan: Plan) -> Lines:
    facts = {
        "goal": plan.goal,
        "files": ", ".join(map(one_line, plan.files)),
        "expected outputs": "; ".join(map(one_line, plan.expected_outputs)),
    }
    version = f"- version: {ref_of(task.plans, plan)}"
    return [version, *(f"- {name}: {text.strip()}" for name, text in facts.items() if text)]


def _criteria(subject: Subject) -> Lines:
    plan = subject.task.current_plan()
    return listed(
        f"{criterion.id}{'' if criterion.mandatory else ' (optional)'}: {criterion.text}"
        for criterion in (plan.criteria if plan else ())
    )


def _checklist(subject: Subject) -> Lines:
    todos, refs = subject.task.live_todos(), refs_of(subject.task.todos)
    lines = [
        f"- [{'x' if todo.is_done else ' '}] {refs[todo.id]}"
        f"{'' if todo.mandatory else ' (optional)'}: {todo.text.strip()}"
        for todo in todos
    ]
    return [f"Progress: {sum(todo.is_done for todo in todos)}/{len(todos)} done", "", *(lines or NONE)]


def _focused_todo(subject: Subject) -> Lines:
    todo, task = subject.todo, subject.task
    if todo is None:
        return NONE
    return [
        f"- id: {ref_of(task.todos, todo)}",
        f"- text: {todo.text.strip()}",
        f"- status: {todo.status}",
        f"- mandatory: {'yes' if todo.mandatory else 'no'}",
        f"- validation_hint: {todo.validation_hint.strip() if todo.validation_hint else 'none'}",
        *(f"- evidence: {evidence.strip()}" for evidence in todo.evidence),
        *(f"- {brief_line(task, item)}" for item in of_todo(task, todo)),
        *([] if todo.is_done else [f"- done_command: {line_of(done_argv(task, todo), task, subject.op)}"]),
    ]


def _other_todos(subject: Subject) -> Lines:
    focused = subject.todo
    return _todo_counts(todo for todo in subject.task.live_todos() if focused is None or todo.id != focused.id)


def _todo_summary(subject: Subject) -> Lines:
    return _todo_counts(subject.task.live_todos())


def _todo_counts(todos: Iterable[Todo]) -> Lines:
    states = [todo.is_done for todo in todos]
    return [f"- total: {len(states)}", f"- done: {sum(states)}", f"- open: {len(states) - sum(states)}"]


# ---------------------------------------------------------------------------------------------- work and its proof


def _run_and_lock(subject: Subject) -> Lines:
    task, now = subject.task, subject.world.now
    run = task.latest_run("implementation")
    claim = live_claim(task.claims, now)
    lock = "none"
    if claim is not None:
        what = " ".join(filter(None, (claim.stage, run_ref(task, claim.run)))) or "the task"
        lock = f"{what}, held by {claim.actor.type} {one_line(claim.actor.name)} until {claim_until(claim, now)}"
    return [
        f"- implementation run: {f'{ref_of(task.runs, run)} {run.status}' if run else 'none'}",
        f"- lock: {lock}",
    ]


def _implementation(subject: Subject) -> Lines:
    run = subject.task.latest_run("implementation")
    if run is None:
        return NONE
    deviations = [line.text for line in run.log if line.kind == "deviation"]
    told = [f"Deviation: {text.strip()}" for text in deviations]
    return [Verbatim(run.summary or f"- none yet: {ref_of(subject.task.runs, run)} is {run.status}"), *told]


def _changes(subject: Subject) -> Lines:
    return listed(
        f"@{change.path}" + (f": {change.summary}" if change.summary else "") for change in subject.task.changes
    )


def _commits(subject: Subject) -> Lines:
    """The last commits, as the record has them; the others are counted."""
    links = subject.task.commits
    left_out = [f"- and {len(links) - _COMMITS} before these"] if len(links) > _COMMITS else []
    return [*listed(f"{link.commit[:SHORT_COMMIT]} {link.summary}" for link in links[-_COMMITS:]), *left_out]


_COMMITS = 20


def _validation_status(subject: Subject) -> Lines:
    world, task = subject.world, subject.task
    blockers = [*guards.validation_blockers(world, task), *criteria_not_proven(world, task)]
    criteria = (
        f"{state.criterion.id} ({'mandatory' if state.criterion.mandatory else 'optional'}): "
        f"{state.latest.status if state.latest else 'not_run'} [{'satisfied' if state.is_satisfied else 'pending'}]"
        for state in criteria_of(task)
    )
    return [
        *(f"**Can Finish Passed:** {'no' if blockers else 'yes'}", ""),
        *("### Acceptance Criteria", "", *listed(criteria), ""),
        *(("### Evidence", "", *listed(proof), "") if (proof := _proof_of_criteria(subject)) else ()),
        *("### Blocking Issues", "", *listed(f"[{blocker.kind}] {blocker.message}" for blocker in blockers)),
    ]


def _proof_of_criteria(subject: Subject) -> Lines:
    """The evidence for each criterion, the latest of each kind."""
    world, task, plan = subject.world, subject.task, subject.task.current_plan()
    return [
        f"{criterion.id}: {brief_line(task, item)}"
        for criterion in (plan.criteria if plan else ())
        for item in latest_of_each(task, of_criterion(world, task, plan, criterion) if plan else ())
    ]


def _validation_history(subject: Subject) -> Lines:
    return [line for run in validations(subject.task) for line in _validation(subject.task, run)] or NONE


def validations(task: Task) -> list[Run]:
    """The validation runs that have ended, in order."""
    ended = [run for run in task.runs if run.type == "validation" and run.status != "running"]
    return sorted(ended, key=lambda run: run.number)


def _validation(task: Task, run: Run) -> Lines:
    """A validation, what it recommended, what proves it, and the checks that did not pass."""
    summary = f": {run.summary.strip()}" if run.summary else ""
    lines = [f"- {ref_of(task.runs, run)} {run.result or run.status}{summary}"]
    if run.recommendation:
        lines.append(f"  - recommendation: {run.recommendation.strip()}")
    lines += [f"  - {brief_line(task, item)}" for item in task.evidence if item.subject == run.id]
    latest = {check.criterion: check for check in task.checks if check.run == run.id}
    for check in latest.values():
        if check.status != "pass":
            about = "; ".join(map(one_line, filter(None, (check.details, *check.evidence))))
            lines.append(f"  - {check.criterion} {check.status}" + (f": {about}" if about else ""))
    return lines


SECTIONS: dict[str, Section] = {
    "Accepted Plan": _accepted_plan,
    "Acceptance Criteria": _criteria,
    "Todo Checklist": _checklist,
    "Focused Todo": _focused_todo,
    "Other Todo Summary": _other_todos,
    "Todo Completion Summary": _todo_summary,
    "Current Run / Lock State": _run_and_lock,
    "Implementation Summary": _implementation,
    "Code Changes": _changes,
    "Commits": _commits,
    "Validation Status": _validation_status,
    "Previous Validation History": _validation_history,
}
