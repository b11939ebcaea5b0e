"""Whether evidence still holds on the source tree of now; running its commands again, and which of them may be run here."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput, Refused
from gitledger.model.events import EvidenceRecorded
from gitledger.model.masking import MASK
from gitledger.model.task import Evidence, Task
from gitledger.ops._base import Decision, TaskOperation, arg, on, opt
from gitledger.ops._captured import ChildOperation, Ran, Wanted, captured, folder_of, seconds_of
from gitledger.ops._commands import on_task
from gitledger.ops._facts import Trees
from gitledger.ops._proof import latest_of_each, plans_of, subject_refs, text_of
from gitledger.ops._views import View, ref_of, refs_of
from gitledger.ops._world import World

REFERENCE = "The evidence: evidence-0003, 3, part of its id, or with its task: 30/evidence-3."

State = Literal["fresh", "failed", "stale", "unknown", "superseded"]


class Verified(View):
    """How one piece of evidence stands. `state`: fresh, failed, stale, unknown (of no known tree), superseded.

    `changed` are the files that changed since: since the evidence, or since the last commit where this clone does
    not know its tree (`changed_since` says which). `became` is the evidence that a rerun made of it.
    """

    id: str
    kind: str
    text: str
    subject: str | None
    passed: bool | None
    captured: bool
    state: State
    changed: list[str]
    changed_since: Literal["evidence", "HEAD"] | None
    became: str | None = None


class Verification(View):
    """Whether the evidence of a task belongs to the source tree of now, and passed."""

    task_id: str
    tree: str | None
    tree_all: str | None
    evidence: list[Verified]
    total: int
    holds: bool
    kind: Literal["evidence_verification"] = "evidence_verification"

    def report_exit(self) -> int:
        """7 where something does not hold."""
        return 0 if self.holds else 7


class VerifyEvidence(ChildOperation, frozen=True, kw_only=True):
    """Check that evidence belongs to the source tree of now and passed; exit 7 where it does not.

    With --rerun, the commands of captured evidence are run again, and what comes of it is recorded: of the evidence that
    is named, else of all that does not hold. They are shown first, and a person is asked; no shell reads them. Commands that
    this clone did not record are run only where `evidence trust` has said so.
    """

    command = "evidence verify"

    evidence: Annotated[list[str], arg("The evidence: evidence-0003 or 3; left out, all of the task.", metavar="[EVIDENCE...]")] = []
    rerun: Annotated[bool, opt("Run the commands again.")] = False
    yes: Annotated[bool, opt("Do not ask before running them.")] = False
    timeout: Annotated[str | None, opt("End each after this time: seconds, 30m or 2h.", metavar="TIME")] = None

    def reads_only(self) -> bool:
        """Whether nothing is run, and so nothing recorded."""
        return not self.rerun

    def asks(self, world: World) -> bool:
        return self.rerun and not self.yes

    def wanted(self, world: World) -> list[Wanted]:
        task = self.subject(world)
        limit = seconds_of(self.timeout)
        items = self._again(world, task) if self.rerun else []
        found = [(item, _command_of(world, task, item)) for item in items]
        return [
            Wanted(
                argv=tuple(told.argv), folder=folder_of(told) or ".", of=item.id, timeout_s=limit, capture=_how(world, item)
            )
            for item, told in found
        ]

    def _selected(self, world: World, task: Task) -> list[Evidence]:
        if not self.evidence:
            return task.evidence
        named = [world.item(task.evidence, "evidence", reference, task) for reference in self.evidence]
        return list({item.id: item for item in named}.values())

    def _again(self, world: World, task: Task) -> list[Evidence]:
        """The evidence whose commands are to be run again: what is named, else what was captured and does not hold."""
        if self.evidence:
            return self._selected(world, task)
        now = world.trees()
        latest = latest_of_each(task, [item for item in task.evidence if item.captured])
        return [item for item in latest if not (item.passed and now.is_met_by(item))]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        plans = plans_of(world, task) if world.ran else {}
        world.found = {}
        for ran in world.ran:
            item = self._item_of(world, task, ran)
            if item is None:
                continue
            payload = captured(
                self.subject(world), ran, kind=item.kind, summary=item.summary, subject=item.subject, plan=plans.get(item.id)
            )
            made = yield on(task, payload)
            world.found[item.id] = made.id

    def _item_of(self, world: World, task: Task, ran: Ran) -> Evidence | None:
        """The evidence whose command ran again; of a request that was carried out before, only its command tells."""
        if ran.of is not None:
            return next((item for item in task.evidence if item.id == ran.of), None)
        candidates = [*self._again(world, task), *reversed(task.evidence)]
        return next((item for item in candidates if tuple(item.argv) == ran.argv and item.id not in world.found), None)

    def what(self, world: World) -> str:
        return f"{len(world.events)} run again"

    def show(self, world: World) -> Verification:
        task, now = self.subject(world), world.trees()
        became: dict[str, str] = world.found or {}
        chosen = {item.id for item in self._selected(world, task)} | set(became.values())
        items = [item for item in task.evidence if item.id in chosen]
        # What is named is asked about itself; else only what nothing later stands in place of has to hold.
        latest = {item.id for item in (items if self.evidence else latest_of_each(task, task.evidence))} - became.keys()
        known = _changes(world, [item for item in items if item.id in latest], now)
        views = [_verified(task, item, now, known, became, is_latest=item.id in latest) for item in items]
        return Verification(
            task_id=task.id,
            tree=now.tree,
            tree_all=now.tree_all,
            evidence=views,
            total=len(views),
            holds=all(view.state in ("fresh", "superseded") for view in views),
        )


def _how(world: World, item: Evidence) -> str:
    """How much of the output is kept: what policy says, and nothing where nothing was kept the first time."""
    return world.policy.capture if item.output_digest is not None else "off"


def _command_of(world: World, task: Task, item: Evidence) -> EvidenceRecorded:
    """The event that recorded the command of evidence: its id is the digest of it, and what a record says can be another's word.

    Refuses a command that was only told, that somebody elsewhere recorded, or that is not whole.
    """
    ref = ref_of(task.evidence, item)
    show = on_task(task, "evidence", "show", ref)
    told = _event_of(world, task, item)
    if told is None or not world.is_trusted(item.id):
        if not item.captured or not item.argv:
            raise _only_told(task, item)
        raise Refused(
            f"The command of {ref} was not recorded in this clone; what others wrote is not run.",
            code="NOT_TRUSTED",
            hint=show,
            remediation=("Look at it; whoever trusts it says so with evidence trust.",),
            task_id=task.id,
            blocking_refs=[ref],
            details={"argv": item.argv},
        )
    if any(MASK.decode() in word for word in told.argv):
        raise Refused(
            f"The command of {ref} held a secret, which was not recorded: it cannot be run again as it was.",
            code="MASKED",
            hint=show,
            task_id=task.id,
            blocking_refs=[ref],
        )
    return told


def _event_of(world: World, task: Task, item: Evidence) -> EvidenceRecorded | None:
    """The payload of the event that captured the evidence; None where it was not captured, or there is no such event."""
    events = (event for event in world.source.events(task.uid) if event.id == item.id and event.type == "evidence.recorded")
    found = next((event.data for event in events), None)
    return found if found is not None and found.captured and found.argv else None


def _only_told(task: Task, item: Evidence) -> InvalidInput:
    ref = ref_of(task.evidence, item)
    return InvalidInput(
        f"{ref} was told, not captured: it has no command that could be run again.",
        hint=on_task(task, "evidence", "show", ref),
        task_id=task.id,
    )


def _changes(world: World, items: list[Evidence], now: Trees) -> dict[str, list[str]]:
    """The files changed since the trees of stale evidence, and since HEAD."""
    trees = {tree for item in items if not now.is_met_by(item) and (tree := item.tree_all or item.tree) is not None}
    return world.changed_since([*sorted(trees), "HEAD"]) if trees else {}


def _verified(
    task: Task, item: Evidence, now: Trees, known: dict[str, list[str]], became: dict[str, str], *, is_latest: bool
) -> Verified:
    refs, tree = refs_of(task.evidence), item.tree_all or item.tree
    state: State = "superseded"
    since: Literal["evidence", "HEAD"] | None = None
    changed: list[str] = []
    if is_latest and now.is_met_by(item):
        state = "failed" if item.passed is False else "fresh"
    elif is_latest and tree is None:
        state = "unknown"
    elif is_latest:
        state, since = "stale", "evidence" if tree in known else "HEAD"
        changed = known.get(tree or "", known.get("HEAD", []))
    names = subject_refs(task)
    return Verified(
        id=refs[item.id],
        kind=item.kind,
        text=text_of(item),
        subject=names.get(item.subject, item.subject) if item.subject else None,
        passed=item.passed,
        captured=item.captured,
        state=state,
        changed=changed,
        changed_since=since,
        became=refs.get(became.get(item.id, "")),
    )


# ---------------------------------------------------------------------------------------------- trust


class Trusted(View):
    """The command of this evidence may be run again in this clone."""

    task_id: str
    id: str
    argv: list[str]
    command: str | None
    already: bool
    kind: Literal["evidence_trusted"] = "evidence_trusted"


class OneEvidence(TaskOperation, frozen=True, kw_only=True):
    """An operation that reads one piece of evidence of a task, and records nothing in the ledger."""

    item_field = "evidence"
    writes = False

    evidence: Annotated[str, arg(REFERENCE, metavar="EVIDENCE")]

    def item(self, world: World, task: Task) -> Evidence:
        """The evidence that is named."""
        return world.item(task.evidence, "evidence", self.evidence, task)


class TrustEvidence(OneEvidence, frozen=True, kw_only=True):
    """Let `evidence verify --rerun` run the command of evidence that another clone recorded. It counts in this clone alone."""

    command = "evidence trust"

    def show(self, world: World) -> Trusted:
        task = self.subject(world)
        item = self.item(world, task)
        ref = ref_of(task.evidence, item)
        told = _event_of(world, task, item)
        if told is None:
            raise _only_told(task, item)
        already = world.is_trusted(item.id)
        world.trusted_now.append(item.id)
        return Trusted(task_id=task.id, id=ref, argv=told.argv, command=told.command, already=already)
