"""Writing down work that is done already: a task that begins and ends in one entry, with what was changed and what proves it."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput, command_line
from gitledger.model.events import ChangeRecorded, EvidenceRecorded, RunFinished, RunStarted, TaskRecorded
from gitledger.model.task import Task
from gitledger.ops._base import Decision, Operation, arg, on, opt, require_text
from gitledger.ops._commands import on_task
from gitledger.ops._creating import create, draft_of
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import View, ref_of, refs_of
from gitledger.ops._world import World

_HELP = (PROGRAM, "task", "record", "--help")
_KIND = "edit"


class RecordedTask(View):
    """A task that stands for work done already. Without changes or evidence the run of that kind is null or empty."""

    task_id: str
    uid: str
    slug: str
    title: str
    status: str
    status_stage: str
    task_type: str
    implementation_run_id: str
    validation_run_id: str | None
    change_ids: list[str]
    evidence: list[str]
    next_command: str
    kind: Literal["recorded_task"] = "recorded_task"


class RecordTask(Operation, frozen=True, kw_only=True):
    """Write down work that is done already, as a task that is done.

    It takes no claim, goes through no stage and does not become the active task. At least one --change or
    --evidence says what was done; --allow-empty-record goes without, and needs a --reason.
    """

    command = "task record"
    takes_identity = True

    title: Annotated[str, arg("What was done, on one line.")]
    description: Annotated[str | None, opt("The details (Markdown).", file="--from-file")] = None
    summary: Annotated[str | None, opt("What came of it; left out, the title.", is_input=True)] = None
    changes: Annotated[
        list[str],
        opt(
            "What was changed: a file, what kind of change, and what was done there; may be given more than once.",
            name="--change",
            metavar="PATH[:KIND[:SUMMARY]]",
        ),
    ] = []
    evidence: Annotated[list[str], opt("What proves it; may be given more than once.")] = []
    labels: Annotated[list[str], opt("A label; may be given more than once.", name="--label")] = []
    slug: Annotated[str | None, opt("A short unique name; made from the title when left out.")] = None
    owner: Annotated[str | None, opt("Who is responsible.")] = None
    actor: Annotated[Literal["user", "agent", "system"] | None, opt("Who did the work.", name="--completed-by")] = None
    actor_name: Annotated[str | None, opt("The name of who did the work.", name="--completed-by-name")] = None
    allow_empty_record: Annotated[bool, opt("Record it with neither changes nor evidence; needs --reason.")] = False
    reason: Annotated[str | None, opt("Why it is recorded in this way.")] = None

    def decide(self, world: World) -> Decision:
        self._refuse_empty()
        changes, evidence = [_change(text) for text in self.changes], self._evidence()
        draft = draft_of(world, self, "staged")
        summary = draft.title if self.summary is None else require_text(self.summary, "--summary", _HELP).strip("\n")
        # The summary is set by the last event, with the status.
        draft.fields.pop("summary", None)
        uid = yield from create(world, draft)
        run = yield on(uid, RunStarted(number=1, kind="implementation", status="implementing"))
        for number, (path, kind, said) in enumerate(changes, 1):
            yield on(uid, ChangeRecorded(number=number, run=run.id, path=path, kind=kind, summary=said))
        yield on(uid, RunFinished(run=run.id, result="finished", summary=summary, status="implemented"))
        if evidence:
            proof = yield on(uid, RunStarted(number=2, kind="validation", status="validating", based_on=run.id))
            for number, said in enumerate(evidence, 1):
                yield on(uid, EvidenceRecorded(number=number, kind="report", summary=said, subject=proof.id, passed=True))
            yield on(uid, RunFinished(run=proof.id, result="passed", summary=summary))
        yield on(uid, TaskRecorded(summary=summary, reason=self.reason))

    def _refuse_empty(self) -> None:
        """Something has to say what was done, or why nothing does."""
        if self.reason is not None:
            require_text(self.reason, "--reason", _HELP)
        if self.changes or self.evidence:
            return
        if not self.allow_empty_record:
            raise InvalidInput(
                "Say what was done with --change or --evidence; or record it without, with --allow-empty-record and a --reason.",
                hint=_HELP,
            )
        require_text(self.reason, "With --allow-empty-record, --reason", _HELP)

    def _evidence(self) -> list[str]:
        return [require_text(text, "--evidence", _HELP).strip("\n") for text in self.evidence]

    def show(self, world: World) -> RecordedTask:
        task = world.task(next(event.task for event in world.events if event.type == "task.created"))
        return RecordedTask(
            task_id=task.id,
            uid=task.uid,
            slug=task.slug,
            title=task.title,
            status=task.status,
            status_stage=task.status,
            task_type=task.kind,
            implementation_run_id=_latest(task, "implementation") or "",
            validation_run_id=_latest(task, "validation"),
            change_ids=list(refs_of(task.changes).values()),
            evidence=[item.summary for item in task.evidence],
            next_command=command_line(on_task(task, "task", "show")),
        )


def _change(text: str) -> tuple[str, str, str]:
    """`PATH[:KIND[:SUMMARY]]` in its parts."""
    path, _, rest = text.partition(":")
    kind, _, summary = rest.partition(":")
    if not path.strip():
        raise InvalidInput(f"--change {text[:80]!r} names no file; it is PATH, PATH:KIND or PATH:KIND:SUMMARY.", hint=_HELP)
    return path.strip(), kind.strip() or _KIND, summary.strip()


def _latest(task: Task, run_type: str) -> str | None:
    run = task.latest_run(run_type)
    return ref_of(task.runs, run) if run is not None else None


OPERATIONS: tuple[type[Operation], ...] = (RecordTask,)
