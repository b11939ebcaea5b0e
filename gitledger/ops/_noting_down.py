"""Noting down, while implementing, where the work departs from the plan and what it left behind."""

from typing import Annotated

from gitledger.model.events import RunLogged
from gitledger.model.task import Run, Task
from gitledger.ops import _claim_rules, guards
from gitledger.ops._base import Decision, TaskOperation, on, opt, require_text
from gitledger.ops._work_views import RunView, run_view
from gitledger.ops._world import World


class Note(TaskOperation, frozen=True, kw_only=True):
    """What the notes on a running implementation share."""

    guards = (guards.status_in("implementing"), _claim_rules.my_claim("implementing"), guards.running("implementation"))

    def show(self, world: World) -> RunView:
        task = self.subject(world)
        return run_view(task, running_implementation(task))


class RecordDeviation(Note, frozen=True, kw_only=True):
    """Record in the running implementation where it departs from the plan, and why."""

    command = "implement deviation"

    message: Annotated[str, opt("What is done otherwise, and why.", is_input=True)]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        text = require_text(self.message, "--message").strip("\n")
        yield on(task, RunLogged(run=running_implementation(task).id, kind="deviation", text=text))

    def what(self, world: World) -> str:
        return self.message


class RecordArtifact(Note, frozen=True, kw_only=True):
    """Record in the running implementation a file that it made, and what that is."""

    command = "implement artifact"

    path: Annotated[str, opt("The file, relative to the repository.")]
    summary: Annotated[str, opt("What it is.", is_input=True)]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        path, text = require_text(self.path, "--path"), require_text(self.summary, "--summary").strip("\n")
        yield on(task, RunLogged(run=running_implementation(task).id, kind="artifact", path=path, text=text))

    def what(self, world: World) -> str:
        return f"{self.path} {self.summary}"


def running_implementation(task: Task) -> Run:
    """The implementation run that goes on; a guard has seen that there is one."""
    run = task.running_run("implementation")
    assert run is not None  # the guard `running implementation` has spoken
    return run
