"""Plans: the skeleton they are written in, their versions, what lint finds; and every command of the noun."""

from typing import Annotated, Literal

from gitledger.model.lint import lint_plan
from gitledger.model.planfile import RECOMMENDED_FIELDS, REQUIRED_FIELDS, template
from gitledger.model.readiness import answered_questions
from gitledger.ops._amending import AmendPlan, ExportPlan
from gitledger.ops._approval import lint_report
from gitledger.ops._base import TaskOperation, opt
from gitledger.ops._commands import next_line
from gitledger.ops._comparing import DiffPlans
from gitledger.ops._drafting import DraftPlan
from gitledger.ops._materializing import MaterializeTodos
from gitledger.ops._plan_views import PlanView, plan_view
from gitledger.ops._planning import Version, find_plan
from gitledger.ops._proposing import ProposePlan, RegeneratePlan, RevisePlan, StartPlan, UpsertPlan
from gitledger.ops._review import AcceptPlan, ApprovePlan, RejectPlan
from gitledger.ops._stage_commands import PlanCommand
from gitledger.ops._views import View, refs_of
from gitledger.ops._world import World


class PlanTemplate(View):
    """The skeleton of a plan file; `output_path` is the file it was written to."""

    task_id: str
    template: str
    from_answers: bool
    answered_question_ids: list[str]
    required_plan_fields: list[str]
    recommended_plan_fields: list[str]
    output_path: str | None
    next_command: str
    kind: Literal["plan_template"] = "plan_template"

    def written(self) -> tuple[str, str] | None:
        """The file that a face has to write: path and text."""
        return (self.output_path, self.template) if self.output_path is not None else None


class TemplatePlan(TaskOperation, frozen=True, kw_only=True):
    """Print the skeleton of a plan file, or write it with --file. What stands in angle brackets has to be replaced."""

    command = "plan template"
    writes = False

    from_answers: Annotated[bool, opt("List the answers to the questions in it.")] = False
    file: Annotated[str | None, opt("Write it to this file.", metavar="PATH", output=True)] = None
    overwrite: Annotated[bool, opt("Replace the file if it is there.")] = False

    def show(self, world: World) -> PlanTemplate:
        task = self.subject(world)
        answered = answered_questions(task) if self.from_answers else []
        named = refs_of(task.questions)
        refs = [named[question.id] for question in answered]
        from_answers = ("--from-answers",) if self.from_answers else ()
        return PlanTemplate(
            task_id=task.id,
            template=template((ref, question.answer or "") for ref, question in zip(refs, answered, strict=True)),
            from_answers=self.from_answers,
            answered_question_ids=refs,
            required_plan_fields=list(REQUIRED_FIELDS),
            recommended_plan_fields=list(RECOMMENDED_FIELDS),
            output_path=self.file,
            next_command=next_line(self, "plan", "upsert", *from_answers, "--file", self.file or "plan.md"),
        )


class IssueView(View):
    """A finding of lint."""

    severity: Literal["error", "warning"]
    code: str
    location: str
    message: str
    hint: str


class PlanLint(View):
    """What lint found in a plan."""

    task_id: str
    plan_id: str
    plan_version: int
    strict: bool
    passed: bool
    summary: dict[str, int]
    issues: list[IssueView]
    kind: Literal["plan_lint"] = "plan_lint"

    def report_exit(self) -> int:
        """7 where the report says no."""
        return 0 if self.passed else 7


class LintPlan(TaskOperation, frozen=True, kw_only=True):
    """Check a plan by rules: goal, criteria, concrete todos, no placeholders. Exit code 7 when it has errors."""

    command = "plan lint"
    item_field = "version"
    writes = False

    version: Version = None
    strict: Annotated[bool, opt("Take warnings for errors.")] = False

    def show(self, world: World) -> PlanLint:
        task = self.subject(world)
        plan = find_plan(world, task, self.version)
        issues = lint_plan(plan, body=world.plan_body(task, plan), strict=self.strict)
        report = lint_report(task, plan, issues, self.strict)
        return PlanLint(**{**report, "issues": [IssueView(**issue) for issue in report["issues"]]})


class PlanList(View):
    """The plan versions of a task, without their bodies."""

    task_id: str
    plans: list[PlanView]
    total: int
    truncated: bool
    kind: Literal["plan_list"] = "plan_list"


class ListPlans(TaskOperation, frozen=True, kw_only=True):
    """List the plan versions of a task."""

    command = "plan list"
    writes = False

    def show(self, world: World) -> PlanList:
        task = self.subject(world)
        plans = [plan_view(task, plan) for plan in sorted(task.plans, key=lambda plan: plan.version)]
        return PlanList(task_id=task.id, plans=plans, total=len(plans), truncated=False)


class PlanShown(View):
    """A plan with its body."""

    task_id: str
    plan: PlanView
    kind: Literal["plan"] = "plan"


class ShowPlan(TaskOperation, frozen=True, kw_only=True):
    """Show a plan in full."""

    command = "plan show"
    item_field = "version"
    writes = False

    version: Version = None

    def show(self, world: World) -> PlanShown:
        task = self.subject(world)
        plan = find_plan(world, task, self.version)
        return PlanShown(task_id=task.id, plan=plan_view(task, plan, world.plan_body(task, plan)))


OPERATIONS = (
    StartPlan,
    DraftPlan,
    TemplatePlan,
    ProposePlan,
    UpsertPlan,
    RegeneratePlan,
    AmendPlan,
    LintPlan,
    ListPlans,
    ShowPlan,
    ExportPlan,
    DiffPlans,
    PlanCommand,
    ApprovePlan,
    AcceptPlan,
    RejectPlan,
    RevisePlan,
    MaterializeTodos,
)
