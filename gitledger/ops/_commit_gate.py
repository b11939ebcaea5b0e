"""The team's policy for commits: which task a commit needs, what state that must be in, and which files may change."""

from typing import Annotated, Any, Literal

from gitledger.errors import NotFound, Refused
from gitledger.model import workflow
from gitledger.model.events import PolicyOverridden
from gitledger.model.planpaths import outside
from gitledger.model.task import Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, in_book, on, require_text
from gitledger.ops._facts import PROGRAM, Blocker
from gitledger.ops._views import View, ref_of
from gitledger.ops._world import World

GATE = "commits"
CODE = "GATE_BLOCKED"
SHOWN_PATHS = 20


def _refuse(task: Task, blockers: list[Blocker]) -> Refused:
    message = " ".join(blocker.message for blocker in blockers)
    return guards.refusal(Refused, task, blockers, message=message, code=CODE)


def _find_not_in_work(world: World, task: Task, op: Any) -> list[Blocker]:
    show = (PROGRAM, "task", "show", task.id)
    if task.archived_at is not None:
        return [Blocker("stage", f"{task.id} is archived.", ref=task.id, command=show)]
    if task.hold is not None:
        return [Blocker("hold", f"{task.id} is on hold: {task.hold.reason}", ref=task.id, command=show)]
    if task.workflow == "staged":
        return guards.status_in("implementing").find(world, task, op)
    if workflow.role_of(task.status) == "work":
        return []
    return [Blocker("stage", f"{task.id} is {task.status}; this needs a task that is in work.", ref=task.id, command=show)]


def _find_unplanned(world: World, task: Task, op: Any) -> list[Blocker]:
    return guards.accepted_plan.find(world, task, op) if task.workflow == "staged" else []


def _find_unheld(world: World, task: Task, op: Any) -> list[Blocker]:
    held = _claim_rules.my_claim("implementing") if task.workflow == "staged" else _claim_rules.not_claimed_by_other
    return held.find(world, task, op)


def _find_outside(world: World, task: Task, op: Any) -> list[Blocker]:
    plan = task.current_plan()
    if world.policy.commit_paths != "plan" or plan is None:
        return []
    left = outside(op.changed(world), plan.files)
    if not left:
        return []
    name = ref_of(task.plans, plan)
    more = f" and {len(left) - 3} more" if len(left) > 3 else ""
    what = f"{name} of {task.id} names no files" if not plan.files else f"{name} of {task.id} does not name"
    message = f"{what}: {', '.join(left[:3])}{more}." if plan.files else f"{what}, and {', '.join(left[:3])}{more} would change."
    command = (PROGRAM, "plan", "show", "--task", task.id)
    details = {"paths": left[:SHOWN_PATHS], "total": len(left)}
    return [Blocker("path", message, ref=name, command=command, details=details)]


# The task is where code may change: staged tasks while they are being implemented, light ones in work.
in_work = guards.Rule("in work", _find_not_in_work, _refuse)
# A person has accepted exactly one plan, where the workflow has plans.
has_plan = guards.Rule("plan for a commit", _find_unplanned, _refuse)
# Whoever commits holds the task; a light task may be held by nobody.
is_held = guards.Rule("claim for a commit", _find_unheld, _refuse)
# With `commit_paths: plan`, the plan names every file that the commit changes.
names_paths = guards.Rule("planned paths", _find_outside, _refuse)


class CommitCheck(View):
    """Whether a commit may be made now under the policy `policy`, and what stands in its way. `under_way`: git is in the middle of it."""

    policy: str
    ok: bool
    reason: str
    task_id: str | None
    under_way: str | None
    blocking: list[dict[str, Any]]
    kind: Literal["commit_check"] = "commit_check"


class CheckCommit(TaskOperation, frozen=True, kw_only=True):
    """Check whether a commit may be made now, by the team's policy (`commits:` in .gitledger.yaml).

    It needs a task that is being implemented under an accepted plan and your claim; with `commit_paths: plan`, the
    plan names its files. Where the policy is `require`, what stands in the way is refused, as the pre-commit
    hook refuses it; where it is `warn`, it is told.
    """

    command = "commits check"
    writes = False
    guards = (in_work, has_plan, is_held, names_paths)

    paths: Annotated[
        list[str], arg("Files from the top of the work tree; left out, those that are staged.", metavar="PATH...")
    ] = []

    def show(self, world: World) -> CommitCheck:
        policy = world.policy.commits
        doing = world.under_way()
        if policy == "off" or doing is not None:
            reason = "The policy asks nothing of commits." if policy == "off" else f"A {doing} is under way, of which nothing is asked."
            return CommitCheck(policy=policy, ok=True, reason=reason, task_id=None, under_way=doing, blocking=[])
        task, blockers = self.judge(world)
        if blockers and policy == "require":
            raise _refusal(task, blockers)
        return CommitCheck(
            policy=policy,
            ok=not blockers,
            reason=" ".join(blocker.message for blocker in blockers) or "A commit can be made now.",
            task_id=task.id if task is not None else None,
            under_way=None,
            blocking=[blocker.to_dict() for blocker in blockers],
        )

    def changed(self, world: World) -> list[str]:
        """The files that the commit changes."""
        return self.paths or world.staged()

    def judge(self, world: World) -> tuple[Task | None, list[Blocker]]:
        """The task that the commit would belong to, and everything that is in the way."""
        try:
            task = self.subject(world)
        except NotFound as error:
            if self.task is not None:
                raise
            return None, [Blocker("active_task", f"A commit needs an active task. {error.message}", command=(PROGRAM, "task", "list"))]
        found = in_work.find(world, task, self)
        if found:
            # The other rules would tell of what the next step brings anyway.
            return task, found
        return task, guards.blockers_of(world, self)


class CheckMade(CheckCommit, frozen=True, kw_only=True):
    """The same of a commit that has just been made and changed these files."""

    made: tuple[str, ...] = ()

    def changed(self, world: World) -> list[str]:
        return list(self.made)


def _refusal(task: Task | None, blockers: list[Blocker]) -> Refused:
    if task is not None:
        return _refuse(task, blockers)
    details = {"blockers": [blocker.to_dict() for blocker in blockers]}
    return Refused(blockers[0].message, code=CODE, hint=(PROGRAM, "task", "list"), details=details)


class PassGate(Operation, frozen=True, kw_only=True):
    """Record that the policy for commits was passed over, and why: on the active task, or in the book where there is none."""

    command = "commits override"

    reason: str
    what_was_done: str

    def decide(self, world: World) -> Decision:
        said = PolicyOverridden(
            gate=GATE,
            reason=require_text(self.reason, "GITLEDGER_OVERRIDE"),
            command=self.what_was_done,
            policy=world.policy.blob,
        )
        task = _active_task(world)
        yield on(task, said) if task is not None else in_book(said)

    def what(self, world: World) -> str:
        return self.reason

    def show(self, world: World) -> None:
        return None


def _active_task(world: World) -> Task | None:
    try:
        return world.task()
    except NotFound:
        return None


OPERATIONS = (CheckCommit,)
