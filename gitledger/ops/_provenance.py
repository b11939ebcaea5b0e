"""From a commit to its task, and from the task to what justifies the change: run, plan, approval, criteria and their checks."""

from gitledger.errors import command_line
from gitledger.model.task import Check, Plan, Task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._history import SourceCommit
from gitledger.ops._ties import Tie
from gitledger.ops._views import ActorView, View, actor_view, ref_of, run_ref
from gitledger.ops._work_views import SHORT_COMMIT
from gitledger.ops._world import World


class CommitFacts(View):
    """A commit of the source code. `reachable`: a branch, tag or HEAD leads to it; `merged`: into the default branch."""

    commit: str
    short: str
    subject: str
    author: str
    email: str
    authored_at: str
    reachable: bool
    merged: bool


class ApprovalView(View):
    """Who accepted a plan and how."""

    by: ActorView | None
    at: str
    via: str
    note: str
    reason: str | None
    escapes: list[str]


class ProvenPlan(View):
    """The plan that a commit was made under."""

    plan_id: str
    version: int
    status: str
    goal: str
    approval: ApprovalView | None


class ProvenCriterion(View):
    """A criterion of that plan and its latest check. `status`: pass, fail, warn, not_run, waived."""

    id: str
    text: str
    mandatory: bool
    status: str
    checked_by: ActorView | None = None
    checked_at: str | None = None
    evidence: list[str] = []


class Provenance(View):
    """A task that a commit belongs to. `known`: recorded by the ledger's events, or only claimed."""

    task_id: str | None
    uid: str
    ledger: str
    title: str | None
    status: str | None
    known: str
    known_from: list[str]
    source: str | None
    linked_at: str | None
    run: str | None
    actor: ActorView | None
    change: str | None
    plan: ProvenPlan | None
    criteria: list[ProvenCriterion]
    event: str | None
    command: str | None


def commit_facts(world: World, commit: SourceCommit) -> CommitFacts:
    """The view of a commit as it stands now."""
    stands = world.commits.standing([commit.id])[commit.id]
    return CommitFacts(
        commit=commit.id,
        short=commit.id[:SHORT_COMMIT],
        subject=commit.subject,
        author=commit.author,
        email=commit.email,
        authored_at=commit.authored_at,
        reachable=stands.reachable,
        merged=stands.merged,
    )


def provenance(world: World, tie: Tie) -> Provenance:
    """The view of what ties a commit to a task, and of what stands behind the task."""
    task, link = tie.task, tie.link
    run = task.run(link.run) if task is not None and link is not None else None
    plan = None
    if task is not None:
        plan = task.plan(run.plan) if run is not None and run.plan is not None else task.current_plan()
    change = (
        next((item for item in task.changes if link is not None and item.id == link.change), None) if task else None
    )
    elsewhere = ("--ledger", tie.ledger) if tie.ledger != world.ledger else ()
    return Provenance(
        task_id=task.id if task is not None else tie.number,
        uid=tie.uid,
        ledger=tie.ledger,
        title=task.title if task is not None else None,
        status=task.status if task is not None else None,
        known=tie.known,
        known_from=tie.origins,
        source=link.source if link is not None else None,
        linked_at=link.at if link is not None else None,
        run=run_ref(task, run.id) if task is not None and run is not None else None,
        actor=actor_view(run.actor) if run is not None else None,
        change=ref_of(task.changes, change) if task is not None and change is not None else None,
        plan=_plan(task, plan) if task is not None and plan is not None else None,
        criteria=_criteria(task, plan) if task is not None and plan is not None else [],
        event=link.id if link is not None else None,
        command=command_line((PROGRAM, *elsewhere, "task", "show", task.id)) if task is not None else None,
    )


def _plan(task: Task, plan: Plan) -> ProvenPlan:
    approval = plan.approval
    return ProvenPlan(
        plan_id=ref_of(task.plans, plan),
        version=plan.version,
        status=plan.status,
        goal=plan.goal,
        approval=ApprovalView(
            by=actor_view(approval.by),
            at=approval.at,
            via=approval.via,
            note=approval.note,
            reason=approval.reason,
            escapes=approval.escapes,
        )
        if approval is not None
        else None,
    )


def _criteria(task: Task, plan: Plan) -> list[ProvenCriterion]:
    latest = {check.criterion: check for check in task.checks if check.plan == plan.id}
    return [
        ProvenCriterion(
            id=criterion.id,
            text=criterion.text,
            mandatory=criterion.mandatory,
            **_checked(latest.get(criterion.id)),
        )
        for criterion in plan.criteria
    ]


def _checked(check: Check | None) -> dict[str, object]:
    if check is None:
        return {"status": "not_run"}
    if check.waiver is not None:
        waiver = check.waiver
        return {
            "status": "waived",
            "checked_by": actor_view(waiver.by),
            "checked_at": waiver.at,
            "evidence": [waiver.reason],
        }
    return {
        "status": check.status,
        "checked_by": actor_view(check.by),
        "checked_at": check.at,
        "evidence": check.evidence,
    }
