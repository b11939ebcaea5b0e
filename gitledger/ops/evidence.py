"""Evidence: what proves a todo, a criterion or a run; said by somebody, or captured by gitledger, and whether it still holds."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model.events import EvidenceRecorded
from gitledger.model.task import Evidence, Task
from gitledger.ops._base import Decision, TaskOperation, on, opt, require_text
from gitledger.ops._proof import EvidenceView, Subject, evidence_view, evidence_views, find_subject, kind_of, subject_refs
from gitledger.ops._verifying import OneEvidence, TrustEvidence, VerifyEvidence
from gitledger.ops._views import View
from gitledger.ops._world import World, next_number


class AddEvidence(TaskOperation, frozen=True, kw_only=True):
    """Record evidence by your word: what was done, and whether it passed. `gitledger run` records what it has seen itself."""

    command = "evidence add"

    summary: Annotated[str, opt("What was seen.", is_input=True)] = ""
    kind: Annotated[str, opt("What kind of evidence: test, review, screenshot … (free).")] = "report"
    command_text: Annotated[str | None, opt("The command that was run.", name="--command")] = None
    exit_code: Annotated[int | None, opt("Its exit code.")] = None
    passed: Annotated[bool, opt("It proves what it is for.")] = False
    failed: Annotated[bool, opt("It proves that something is wrong.")] = False
    artifact: Annotated[list[str], opt("A file or an address that shows it; may be given more than once.")] = []
    tool: Annotated[str | None, opt("The tool that showed it.")] = None
    todo: Annotated[str | None, opt("What it proves: this todo.")] = None
    criterion: Annotated[str | None, opt("What it proves: this criterion of the accepted plan.")] = None
    run: Annotated[str | None, opt("What it proves: the work of this run.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        subject = self._subject(world)
        kind = kind_of(self.kind)
        if not self.summary.strip() and not (self.command_text or "").strip() and not self.artifact:
            raise InvalidInput("Say what was seen: --summary, --command or --artifact.")
        now = world.trees()
        yield on(
            task,
            EvidenceRecorded(
                number=next_number(task.evidence),
                kind=kind,
                summary=self.summary.strip("\n"),
                subject=subject.id,
                plan=subject.plan,
                command=self.command_text or None,
                exit_code=self._exit_code(),
                passed=self._verdict(),
                tool=self.tool or None,
                artifacts=[require_text(text, "--artifact") for text in self.artifact],
                tree=now.tree,
                tree_all=now.tree_all,
            ),
        )

    def _subject(self, world: World) -> Subject:
        return find_subject(
            world, self.subject(world), todo=self.todo, criterion=self.criterion, run=self.run
        )

    def _exit_code(self) -> int | None:
        if self.exit_code is not None and not 0 <= self.exit_code <= 255:
            raise InvalidInput("--exit-code must be from 0 to 255.")
        return self.exit_code

    def _verdict(self) -> bool:
        if self.passed and self.failed:
            raise InvalidInput("--passed and --failed exclude each other.")
        if not (self.passed or self.failed) and self.exit_code is None:
            raise InvalidInput("Say how it went: --passed, --failed or --exit-code.")
        return self.passed or (not self.failed and self.exit_code == 0)

    def what(self, world: World) -> str:
        return self.summary or self.command_text or ", ".join(self.artifact)

    def show(self, world: World) -> EvidenceView:
        task = self.subject(world)
        return evidence_view(task, task.evidence[-1])


class EvidenceList(View):
    """The evidence of a task, in order."""

    task_id: str
    evidence: list[EvidenceView]
    total: int
    truncated: bool
    kind: Literal["evidence_list"] = "evidence_list"


class ListEvidence(TaskOperation, frozen=True, kw_only=True):
    """List the evidence of a task."""

    command = "evidence list"
    writes = False

    todo: Annotated[str | None, opt("Only what is for this todo.")] = None
    criterion: Annotated[str | None, opt("Only what is for this criterion of the accepted plan.")] = None

    def show(self, world: World) -> EvidenceList:
        task = self.subject(world)
        views = evidence_views(task, self._wanted(world, task))
        return EvidenceList(task_id=task.id, evidence=views, total=len(views), truncated=False)

    def _wanted(self, world: World, task: Task) -> list[Evidence]:
        if self.todo is None and self.criterion is None:
            return task.evidence
        subject = find_subject(world, task, todo=self.todo, criterion=self.criterion).id
        names = subject_refs(task)
        return [item for item in task.evidence if item.subject is not None and subject in (item.subject, names.get(item.subject))]


class EvidenceShown(View):
    """One piece of evidence, whole. `trusted`: `evidence verify --rerun` may run its command again here."""

    task_id: str
    evidence: EvidenceView
    trusted: bool
    kind: Literal["evidence"] = "evidence"


class ShowEvidence(OneEvidence, frozen=True, kw_only=True):
    """Show evidence with its command, the end of its output and its source tree."""

    command = "evidence show"

    def show(self, world: World) -> EvidenceShown:
        task = self.subject(world)
        item = self.item(world, task)
        return EvidenceShown(task_id=task.id, evidence=evidence_view(task, item), trusted=world.is_trusted(item.id))


OPERATIONS = (AddEvidence, ListEvidence, ShowEvidence, VerifyEvidence, TrustEvidence)
