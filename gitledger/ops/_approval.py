"""What must hold before a plan is accepted, and who may say so: the rules of approval, in their order."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from gitledger.errors import InvalidInput, LedgerError, Refused
from gitledger.model.lint import Issue, lint_plan, passes
from gitledger.model.readiness import plan_in_review, settles
from gitledger.model.task import Plan, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._commands import on_task
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._person import REQUIRED, person_wanted
from gitledger.ops._planning import answers_used, questions_answered, version_of
from gitledger.ops._views import ref_of
from gitledger.ops._world import World
from gitledger.ops.guards import Rule


class Demand(Struct, frozen=True):
    """A rule about the request itself: which options have to come together, and who may ask."""

    name: str
    check: Callable[[World, Any], LedgerError | None]

    def __call__(self, world: World, op: Any) -> LedgerError | None:
        """The refusal, or None when the request is in order."""
        return self.check(world, op)


# ---------------------------------------------------------------------------------------------- what must hold


def _in_review(rule: Rule) -> Rule:
    """The rule where a plan is reviewed; settling two acceptances asks for none of it again."""

    def find(world: World, task: Task, op: Any) -> list[Blocker]:
        return [] if settles(task) else rule.find(world, task, op)

    return Rule(rule.name, find, rule.refuse)


def _review_rule(name: str, find: guards.Find) -> Rule:
    return _in_review(
        Rule(name, find, lambda task, blockers: guards.refusal(Refused, task, blockers, code=REQUIRED))
    )


def _find_running(world: World, task: Task, op: Any) -> list[Blocker]:
    run = task.running_run()
    if run is None:
        return []
    ref = ref_of(task.runs, run)
    # A planning run that was left over is taken up again by `plan start`.
    command = on_task(task, "plan", "start") if run.type == "planning" else on_task(task, "next-action")
    return [Blocker("running_run", f"{ref} of {task.id} is still running ({run.type}).", ref=ref, command=command)]


def _find_not_proposed(world: World, task: Task, op: Any) -> list[Blocker]:
    plan = op.target(world)
    if plan.status == "proposed" or (settles(task) and plan.approval is not None):
        return []
    ref = ref_of(task.plans, plan)
    current = plan_in_review(task)
    hint = ("plan", "show", "--version", version_of(task, current)) if current else ("plan", "revise")
    message = f"{ref} of {task.id} is {plan.status}; only a proposed plan can be accepted."
    return [Blocker("approval", message, ref=ref, command=on_task(task, *hint))]


def _find_no_criteria(world: World, task: Task, op: Any) -> list[Blocker]:
    plan = op.target(world)
    if plan.criteria or op.waives("allow-empty-criteria"):
        return []
    return [_lacking(task, plan, "acceptance criteria")]


def _find_no_todos(world: World, task: Task, op: Any) -> list[Blocker]:
    plan = op.target(world)
    if plan.todos or plan.todos_waived_reason or op.waives("allow-empty-todos"):
        return []
    return [_lacking(task, plan, "todos")]


def _lacking(task: Task, plan: Plan, what: str) -> Blocker:
    ref = ref_of(task.plans, plan)
    return Blocker("approval", f"{ref} of {task.id} has no {what}.", ref=ref, command=on_task(task, "plan", "revise"))


def lint_errors(world: World, op: Any) -> list[Issue]:
    """The lint errors of the plan that are not excused by another escape."""
    task, plan = op.subject(world), op.target(world)
    excused = {
        code
        for escape, code in (
            ("allow-empty-criteria", "missing_acceptance_criteria"),
            ("allow-empty-todos", "missing_todos"),
        )
        if op.waives(escape)
    }
    issues = lint_plan(plan, body=world.plan_body(task, plan))
    return [issue for issue in issues if issue.severity == "error" and issue.code not in excused]


def _check_lint(world: World, op: Any) -> LedgerError | None:
    task, plan = op.subject(world), op.target(world)
    errors = [] if settles(task) or op.waives("allow-lint-errors") else lint_errors(world, op)
    if not errors:
        return None
    ref, version = ref_of(task.plans, plan), version_of(task, plan)
    issues = lint_plan(plan, body=world.plan_body(task, plan))
    return Refused(
        f"{ref} of {task.id} does not pass lint: {errors[0].message}"
        + (f" And {len(errors) - 1} more." if len(errors) > 1 else ""),
        code=REQUIRED,
        hint=on_task(task, "plan", "lint", "--version", version),
        remediation=("Mend the plan: plan revise, edit the file, plan upsert.",),
        task_id=task.id,
        blocking_refs=[ref],
        details={"plan_lint": lint_report(task, plan, issues)},
    )


def lint_report(task: Task, plan: Plan, issues: list[Issue], strict: bool = False) -> dict[str, Any]:
    """The answer of `plan lint` as data (reference §4.4)."""
    return {
        "kind": "plan_lint",
        "task_id": task.id,
        "plan_id": ref_of(task.plans, plan),
        "plan_version": plan.version,
        "strict": strict,
        "passed": passes(issues),
        "summary": {
            "errors": sum(issue.severity == "error" for issue in issues),
            "warnings": sum(issue.severity == "warning" for issue in issues),
        },
        "issues": [
            {
                "severity": issue.severity,
                "code": issue.code,
                "location": issue.location,
                "message": issue.message,
                "hint": issue.hint,
            }
            for issue in issues
        ],
    }


# ---------------------------------------------------------------------------------------------- who may say so


def _check_reasons(world: World, op: Any) -> LedgerError | None:
    """An escape is excused by a reason."""
    unexplained = [f"--{name}" for name in op.given_escapes() if name != "allow-agent-approval" and not op.why()]
    if not unexplained:
        return None
    missing = "--note" if op.command == "plan accept" else "--reason"
    return InvalidInput(
        f"{unexplained[0]} needs {missing}.",
        hint=(PROGRAM, *op.command.split(), "--help"),
        task_id=op.subject(world).id,
    )


def _check_approver(world: World, op: Any) -> LedgerError | None:
    task = op.subject(world)
    help_hint = (PROGRAM, *op.command.split(), "--help")
    if op.approver not in ("user", "agent"):
        return InvalidInput(f"A plan is accepted by user or agent, not by {op.approver!r}.", hint=help_hint)
    if op.approver == "user":
        return InvalidInput("Plan approval requires --note.", hint=help_hint) if not (op.note or "").strip() else None
    if settles(task):
        return Refused("Only a user settles two acceptances.", hint=on_task(task, "plan", "list"), task_id=task.id)
    if op.allow_agent_approval and op.why():
        return None
    return Refused(
        "Agent approval requires --allow-agent-approval and --reason.",
        hint=on_task(task, "plan", "show", "--version", version_of(task, op.target(world))),
        remediation=("Show the plan to the user, who accepts it with plan accept and a --note.",),
        task_id=task.id,
    )


# Where the policy wants a person, a person accepts.
person_present = person_wanted(
    "accept the plan",
    lambda task: on_task(task, "plan", "show"),
    "A person accepts the plan in a terminal, with plan accept.",
)

# The order of reference §4.5.
APPROVAL_GUARDS = (
    _in_review(guards.stage("plan approve")),
    _in_review(_claim_rules.not_claimed_by_other),
    _review_rule("no running run", _find_running),
    _in_review(questions_answered),
    Demand("reasons for escapes", _check_reasons),
    Rule("proposed", _find_not_proposed, lambda task, blockers: guards.refusal(Refused, task, blockers)),
    _in_review(answers_used),
    _review_rule("acceptance criteria", _find_no_criteria),
    _review_rule("todos", _find_no_todos),
    Demand("approver", _check_approver),
    person_present,
    Demand("lint", _check_lint),
)
