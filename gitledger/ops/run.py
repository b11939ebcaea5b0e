"""`run`: a program is run, and what came of it is recorded as evidence that gitledger has seen itself."""

from typing import Annotated, Literal

from gitledger.ops._base import Decision, on, opt
from gitledger.ops._captured import CommandOperation, captured
from gitledger.ops._proof import EvidenceView, Subject, evidence_view, find_subject, kind_of
from gitledger.ops._views import View
from gitledger.ops._world import World


class RunCaptured(View):
    """A program ran, and its evidence is recorded. `stdout` and `stderr` are the ends of what it printed, at most 4 KiB each."""

    task_id: str
    exit_code: int
    passed: bool
    evidence: EvidenceView
    stdout: str
    stderr: str
    allowed_failure: bool
    kind: Literal["evidence_captured"] = "evidence_captured"

    def report_exit(self) -> int:
        """The exit code of the program, unless it was allowed to fail."""
        return 0 if self.allowed_failure else self.exit_code


class RunCommand(CommandOperation, frozen=True, kw_only=True):
    """Run a program and record what came of it as evidence: exit code, time, output's digest and end, source tree.

    Its output is passed on as it comes, and its exit code becomes that of gitledger. No shell reads the
    arguments. The evidence is for the todo, criterion or run that is named, else for the run that goes on.
    Secrets are masked before anything is written.
    """

    command = "run"

    todo: Annotated[str | None, opt("What it proves: this todo.")] = None
    criterion: Annotated[str | None, opt("What it proves: this criterion of the accepted plan.")] = None
    kind: Annotated[str, opt("What kind of evidence: test, lint, build … (free).")] = "command"

    def check(self, world: World) -> None:
        self._subject(world)
        kind_of(self.kind)

    def decide(self, world: World) -> Decision:
        task, subject = self.subject(world), self._subject(world)
        kind = kind_of(self.kind)
        yield on(task, captured(task, world.ran[0], kind=kind, summary=self.summary, subject=subject.id, plan=subject.plan))

    def _subject(self, world: World) -> Subject:
        return find_subject(
            world, self.subject(world), todo=self.todo, criterion=self.criterion
        )

    def show(self, world: World) -> RunCaptured:
        task, ran = self.subject(world), world.ran[0]
        return RunCaptured(
            task_id=task.id,
            exit_code=ran.exit_code,
            passed=ran.passed,
            evidence=evidence_view(task, task.evidence[-1]),
            stdout=ran.stdout,
            stderr=ran.stderr,
            allowed_failure=self.allow_failure,
        )


OPERATIONS = (RunCommand,)
