"""A plan as a file: exported, and a proposed one amended in an editor or from a file, as a new version."""

from typing import Annotated, Any, Literal

from msgspec import structs

from gitledger.errors import Refused
from gitledger.model.planfile import plan_digest
from gitledger.model.readiness import plan_in_review
from gitledger.model.task import Plan, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, TaskOperation, opt
from gitledger.ops._captured import ChildOperation, Wanted
from gitledger.ops._commands import on_task
from gitledger.ops._comparing import plan_text
from gitledger.ops._facts import Blocker
from gitledger.ops._lifecycle import Lifecycle, lifecycle
from gitledger.ops._planning import Version, find_plan, version_of
from gitledger.ops._proposing import proposal, propose, proposed_view, what_is_new
from gitledger.ops._views import View, ref_of
from gitledger.ops._world import World


class PlanExported(View):
    """A plan as a plan file, which `plan amend` and `plan propose` read; `output_path` is where it was written."""

    task_id: str
    plan_id: str
    plan_version: int
    digest: str
    text: str
    output_path: str | None
    kind: Literal["plan_export"] = "plan_export"

    def written(self) -> tuple[str, str] | None:
        """The file that a face has to write: path and text."""
        return (self.output_path, self.text) if self.output_path is not None else None


class ExportPlan(TaskOperation, frozen=True, kw_only=True):
    """Print a plan as a plan file, or write it with --file. Read again, it is the same plan."""

    command = "plan export"
    item_field = "version"
    writes = False

    version: Version = None
    file: Annotated[str | None, opt("Write it to this file.", metavar="PATH", output=True)] = None
    overwrite: Annotated[bool, opt("Replace the file if it is there.")] = False

    def show(self, world: World) -> PlanExported:
        task = self.subject(world)
        plan = find_plan(world, task, self.version)
        return PlanExported(
            task_id=task.id,
            plan_id=ref_of(task.plans, plan),
            plan_version=plan.version,
            digest=plan.digest,
            text=_file_of(world, task, plan),
            output_path=self.file,
        )


def _file_of(world: World, task: Task, plan: Plan) -> str:
    return plan_text(plan, world.plan_body(task, plan)) + "\n"


# ---------------------------------------------------------------------------------------------- amending


def _find_not_proposed(world: World, task: Task, op: Any) -> list[Blocker]:
    plan = op.target(world)
    if plan is not None and plan.status == "proposed":
        return []
    if plan is None:
        message, way = f"{task.id} has no proposed plan.", guards.next_step(task)
    else:
        message = f"{ref_of(task.plans, plan)} of {task.id} is {plan.status}; only a proposed plan is amended."
        way = on_task(task, "plan", "show", "--version", version_of(task, plan))
    return [Blocker("approval", message, ref=task.id, command=way)]


_proposed = guards.Rule(
    "proposed version", _find_not_proposed, lambda task, blockers: guards.refusal(Refused, task, blockers)
)


class AmendPlan(ChildOperation, frozen=True, kw_only=True):
    """Change a proposed plan, as a new version that takes its place in review.

    Without --text or --file it opens in your editor, the one that git uses, on a terminal. What was answered
    stays answered: the new version stands on the same answers.
    """

    command = "plan amend"
    item_field = "version"
    guards = (_claim_rules.not_claimed_by_other, guards.status_in("plan_review"), _proposed)

    version: Annotated[
        int | str | None, opt("The proposed version: 2, part of the plan's id, or with its task; left out, the latest.")
    ] = None
    text: Annotated[str | None, opt("The whole plan as it is to be.", file="--file")] = None

    def target(self, world: World) -> Plan | None:
        """The plan that is to be amended."""
        task = self.subject(world)
        if self.version is None:
            return plan_in_review(task)
        return world.item(task.plans, "plan", str(self.version), task)

    def wanted(self, world: World) -> list[Wanted]:
        if self.text is not None:
            return []
        plan = self.target(world)
        assert plan is not None  # the guard `proposed version` has spoken
        return [Wanted(argv=(), document=_file_of(world, self.subject(world), plan))]

    def decide(self, world: World) -> Decision:
        task, plan = self.subject(world), self.target(world)
        assert plan is not None  # the guard `proposed version` has spoken
        world.found = plan
        text = self.text if self.text is not None else world.ran[0].document
        new = proposal(world, task, text or "", reason=plan.generation_reason)
        # The digest is of all but why there are no todos.
        if (plan_digest(new), new.todos_waived_reason) != (plan.digest, plan.todos_waived_reason):
            stands_on = {"questions": plan.questions, "answers_hash": plan.answers_hash, "supersedes": plan.id}
            yield from propose(task, structs.replace(new, **stands_on))

    def what(self, world: World) -> str:
        return what_is_new(world)

    def show(self, world: World) -> Lifecycle:
        if any(event.type == "plan.proposed" for event in world.events):
            return proposed_view(world, self)
        plan: Plan = world.found
        return lifecycle(world, self.subject(world), self.command, plan_version=plan.version, plan_digest=plan.digest)


OPERATIONS: tuple[type[TaskOperation], ...] = (ExportPlan, AmendPlan)
