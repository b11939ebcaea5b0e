"""Short stories that scenes begin with: each brings task-0001 (or the next one) to a stage, without any command's help."""

from gitledger.model.events import ClaimReleased, ClaimTaken, PlanApproved, PlanProposed, RunFinished, RunStarted, TodoAdded
from gitledger.model.task import Criterion, PlanTodo
from gitledger.ops._base import Operation, on
from gitledger.ops._drive import drive
from gitledger.ops._world import next_number
from gitledger.ops.task import CreateTask
from tests.ops.harness import Scene, _merged


class _Story(Operation, frozen=True, kw_only=True):
    """Events that a story needs, recorded as they are."""

    command = "story"
    steps: object = None

    def decide(self, world):
        yield from self.steps(world)


class _Synced(_Story, frozen=True, kw_only=True):
    """The same, as a sync would record it."""

    command = "sync"


def tell(scene: Scene, steps, command: str = "story") -> None:
    """Record what the generator function `steps(world)` yields."""
    world = scene.make_world()
    story = _Synced if command == "sync" else _Story
    for event in drive(story(steps=steps), world):
        scene.source.history.setdefault(event.task, []).append(event)
    for uid, state in world.states.items():
        scene.source.states[uid] = _merged(scene.source.states.get(uid), state)


def _newest(scene: Scene) -> str:
    return scene.source.rows()[-1].id


def planned(scene: Scene, *, todos=1, criteria=1, optional=0) -> None:
    """A task that is being planned, by the scene's actor."""
    scene.run(CreateTask(title="Job"))
    reference = _newest(scene)

    def steps(world):
        task = world.task(reference)
        run = yield on(task, RunStarted(number=next_number(task.runs), kind="planning", status="planning"))
        yield on(task, ClaimTaken(lease_s=7200, stage="planning", run=run.id))

    tell(scene, steps)


def approved(scene: Scene, *, todos: int = 1, criteria: int = 1, optional: int = 0) -> None:
    """A task with an accepted plan: `todos` mandatory and `optional` optional todos, `criteria` mandatory criteria."""
    planned(scene)
    reference = _newest(scene)
    draft = PlanProposed(
        version=1,
        digest="sha256:0",
        goal="Do it",
        body="Body",
        criteria=[Criterion(f"ac-{n:04d}", f"It works {n}") for n in range(1, criteria + 1)],
        todos=[PlanTodo(f"plan-todo-{n:04d}", f"Edit file{n}.py", n <= todos) for n in range(1, todos + optional + 1)],
    )

    def steps(world):
        task = world.task(reference)
        plan = yield on(task, draft)
        yield on(task, RunFinished(run=task.runs[-1].id, result="finished"))
        for claim in task.claims:
            yield on(task, ClaimReleased(claim=claim.id))
        yield on(
            task,
            PlanApproved(plan=plan.id, version=1, digest="sha256:0", note="ok", approver="user", via="accept"),
        )
        for number, todo in enumerate(draft.todos, 1):
            yield on(
                task,
                TodoAdded(
                    number=number,
                    text=todo.text,
                    source="plan",
                    mandatory=todo.mandatory,
                    plan=plan.id,
                    plan_todo=todo.id,
                ),
            )

    tell(scene, steps)


def forked(scene: Scene, name: str = "feature") -> Scene:
    """Another ledger that has everything that this one has now; a scene to act in it."""
    other = Scene()
    other.source.states = {uid: type(state)(scene.source.record(uid)) for uid, state in scene.source.states.items()}
    other.source.history = {uid: list(events) for uid, events in scene.source.history.items()}
    other.random.seed(99)
    other.now = scene.now
    scene.others[name] = other.source
    other.others["main"] = scene.source
    return other
