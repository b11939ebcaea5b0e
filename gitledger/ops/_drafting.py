"""Where planning goes on: the one command that drafting the plan needs next."""

from typing import Annotated, Literal

from gitledger.ops import guards
from gitledger.ops._base import TaskOperation, opt
from gitledger.ops._commands import line_of, on_task
from gitledger.ops._views import View
from gitledger.ops._world import World


class PlanDraftContext(View):
    """The command to go on planning with; null where there is nothing to do."""

    task_id: str
    ask_questions: bool
    next_action: str | None
    kind: Literal["plan_draft_context"] = "plan_draft_context"


class DraftPlan(TaskOperation, frozen=True, kw_only=True):
    """Print the command that planning needs next. It is judged as `next-action` does."""

    command = "plan draft"
    writes = False

    ask_questions: Annotated[bool, opt("Ask what the plan depends on, before it is written.")] = False

    def show(self, world: World) -> PlanDraftContext:
        from gitledger.ops._steps import step_of

        task = self.subject(world)
        if self.ask_questions and self._may_ask(world):
            argv = on_task(task, "question", "add", "--text", "QUESTION", "--required-for-plan")
        else:
            argv = next((command.argv for command in step_of(world, task, self).ordered()), None)
        return PlanDraftContext(
            task_id=task.id,
            ask_questions=self.ask_questions,
            next_action=line_of(argv, task, self) if argv else None,
        )

    def _may_ask(self, world: World) -> bool:
        from gitledger.ops.question import AddQuestion

        return not guards.blockers_of(world, AddQuestion(task=self.task, text="QUESTION"))
