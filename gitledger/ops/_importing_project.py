"""Bringing over a project of taskledger 0.2.0 in one entry: each task as it stood, with its events and files as they were."""

from collections.abc import Generator, Iterator
from typing import Any

from msgspec import to_builtins

from gitledger.model.events import IntroCreated, LedgerCreated, ReleaseTagged, TaskImported, Unknown
from gitledger.model.taskledgerfile import OldBundle, OldEvent, OldProject
from gitledger.ops._base import Decision, Intent, Operation, in_book, on
from gitledger.ops._from_taskledger import convert
from gitledger.ops._old_names import number_of, time_of, uid_of
from gitledger.ops._world import World
from gitledger.ops.export import BroughtTask, ImportedProject

# Events of somebody else's: they are kept, shown, and never read.
EVENT = "x.taskledger.event"
FILES = "x.taskledger.files"
_MAX_TEXT = 200 << 10
_MAX_CHUNK = 600 << 10


class ImportProject(Operation, frozen=True, kw_only=True):
    """Bring over the tasks of a project that are not here yet."""

    command = "import"
    needs_ledger = False

    project: OldProject
    source: str
    lock_policy: str = "quarantine"
    dry_run: bool = False

    def decide(self, world: World) -> Decision:
        project = self.project
        if world.place.tip is None:
            yield in_book(LedgerCreated(uid=world.new_uid(), name=world.ledger))
        uids = self._uids()
        new = [bundle for bundle in project.tasks if world.record(uids[bundle.task.id]) is None]
        numbers = _numbers(world, new)
        intros = yield from self._bring_intros(world)
        for bundle in new:
            task = bundle.task.id
            yield from self._bring_task(world, bundle, uids, intros, numbers[task])
        yield from self._bring_releases(world, uids)
        known = {event.data.data.get("event_id") for event in world.source.events(None) if event.type == EVENT}
        for event in project.events:
            if event.event_id not in known:
                yield from _dated(world, event.ts, in_book(_kept(event)))
        self._warn(world)

    def _uids(self) -> dict[str, str]:
        """The uid of every task that the project names, those that are not there among them."""
        named = {bundle.task.id for bundle in self.project.tasks}
        named |= {requirement.required_task_id for bundle in self.project.tasks for requirement in bundle.requirements}
        return {task: uid_of(self.project.uuid, self.project.ledger, task) for task in named}

    def _bring_intros(self, world: World) -> Generator[Intent, Any, dict[str, str]]:
        found: dict[str, str] = {}
        for old, body in self.project.intros:
            intros = world.book().intros
            same = next((intro for intro in intros if (intro.slug, intro.title) == (old.slug, old.title)), None)
            if same is not None:
                found[old.id] = same.id
                continue
            number = number_of(old.id)
            if number in {intro.number for intro in intros} or not number:
                number = 1 + max((intro.number for intro in intros), default=0)
            made = IntroCreated(number=number, slug=old.slug, title=old.title, body=body.strip("\n"))
            event = yield from _dated(world, old.created_at, in_book(made))
            found[old.id] = event.id
        return found

    def _bring_task(
        self, world: World, bundle: OldBundle, uids: dict[str, str], intros: dict[str, str], number: int
    ) -> Decision:
        uid = uids[bundle.task.id]
        for event in bundle.events:
            yield from _dated(world, event.ts, on(uid, _kept(event)))
        for files in _chunks(world, bundle):
            yield on(uid, Unknown(FILES, {"task": bundle.task.id, "files": files}))
        keeps = self.lock_policy == "keep"
        made = convert(bundle, uid=uid, number=number, uids=uids, intros=intros, keeps_claim=keeps)
        record = to_builtins(made.record)
        # Last, so that the times of the record hold, and not that of the import.
        yield on(uid, TaskImported(record=record, texts=made.texts, origin=f"taskledger {self.project.uuid} {bundle.task.id}"))

    def _bring_releases(self, world: World, uids: dict[str, str]) -> Decision:
        known = {release.version for release in world.book().releases}
        for old in self.project.releases:
            if old.version in known:
                continue
            task = old.boundary_task_id
            here = world.record(uids[task]) if task in uids else None
            made = ReleaseTagged(
                version=old.version,
                boundary=uids.get(task) or uid_of(self.project.uuid, self.project.ledger, task),
                number=here.number if here is not None else number_of(task),
                note=old.note,
                changelog_file=old.changelog_file,
                previous=old.previous_version,
                task_count=old.task_count,
            )
            yield from _dated(world, old.created_at, in_book(made))

    def _warn(self, world: World) -> None:
        project = self.project
        if project.active is not None:
            world.warnings.append(f"The active task there was {project.active}; what is active here is as it was.")
        if project.others:
            world.warnings.append(f"The project has other ledgers, which were not brought over: {', '.join(project.others)}.")
        locked = [bundle.task.id for bundle in project.tasks if bundle.lock is not None]
        if locked and self.lock_policy != "keep":
            world.warnings.append(f"Locks were not brought over: {', '.join(locked)}. Work goes on where somebody takes it up.")

    def what(self, world: World) -> str:
        return f"{len(world.touched())} tasks of the taskledger project {self.project.uuid[:8]}"

    def show(self, world: World) -> ImportedProject:
        types = [event.type for event in world.events]
        brought = set(world.touched())
        uids = self._uids()
        tasks = [_line(world, bundle, uids[bundle.task.id], brought) for bundle in self.project.tasks]
        return ImportedProject(
            source_path=self.source,
            project_uuid=self.project.uuid,
            from_ledger=self.project.ledger,
            ledger_ref=world.ledger,
            dry_run=self.dry_run,
            lock_policy=self.lock_policy,
            tasks=tasks,
            introductions=types.count("intro.created"),
            releases=types.count("release.tagged"),
            old_events=types.count(EVENT),
            counts=_counts(world, brought),
            changed=world.changed and not self.dry_run,
        )


def _line(world: World, bundle: OldBundle, uid: str, brought: set[str]) -> BroughtTask:
    task = world.record(uid)
    assert task is not None  # it was here, or is now
    return BroughtTask(
        from_task_id=bundle.task.id,
        task_id=task.id,
        uid=uid,
        title=task.title,
        outcome="new" if uid in brought else "unchanged",
        renumbered=number_of(bundle.task.id) != task.number,
    )


def _counts(world: World, uids: set[str]) -> dict[str, int]:
    """How much of each kind the tasks that came in hold."""
    kinds = ("plans", "questions", "todos", "runs", "changes", "checks", "handoffs", "files", "urls", "dependencies", "comments")
    tasks = [world.states[uid].task for uid in uids]
    return {"tasks": len(tasks)} | {kind: sum(len(getattr(task, kind)) for task in tasks) for kind in kinds}


def _numbers(world: World, bundles: list[OldBundle]) -> dict[str, int]:
    """The number of each task that comes in: its own, where no task here has or had it, else the next free one."""
    wanted = {bundle.task.id: number_of(bundle.task.id) for bundle in bundles}
    top = world.source.top_number()
    given: dict[str, int] = {}
    for task, number in wanted.items():
        if number and number not in given.values() and not (number <= top and world.source.lookup(number=number)):
            given[task] = number
    highest = max(top, *given.values(), 0)
    for task in wanted:
        if task not in given:
            highest += 1
            given[task] = highest
    return given


def _dated(world: World, at: str, intent: Intent) -> Generator[Intent, Any, Any]:
    """Record something under the time at which it happened there, if that has been."""
    now = world.now
    world.now = min(time_of(at) or now, now)
    event = yield intent
    world.now = now
    return event


def _kept(event: OldEvent) -> Unknown:
    return Unknown(EVENT, _without_floats(event.line))


def _without_floats(value: Any) -> Any:
    """`value` as a ledger may hold it: fractions and large numbers as text."""
    if isinstance(value, dict):
        return {str(key): _without_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_floats(item) for item in value]
    is_odd = isinstance(value, float) or isinstance(value, int) and abs(value) >= 1 << 53
    return str(value) if is_odd else value


def _chunks(world: World, bundle: OldBundle) -> Iterator[dict[str, str]]:
    """The files of a task, byte for byte, in portions that an event can hold."""
    held: dict[str, str] = {}
    size = 0
    for path, text in sorted(bundle.texts.items()):
        length = len(text.encode())
        if length > _MAX_TEXT:
            world.warnings.append(f"The file {path} of {bundle.task.id} has {length} bytes, and was not kept beside the task.")
            continue
        if held and size + length > _MAX_CHUNK:
            yield held
            held, size = {}, 0
        held[path] = text
        size += length
    if held:
        yield held

