"""The policy for commits: what a commit needs, in every stage, and how it is refused, told or passed over."""

import pytest

from gitledger.model.events import PlanProposed, TaskCreated, TaskHeld
from gitledger.model.policy import Policy
from gitledger.ops._base import on
from gitledger.ops._commit_gate import CheckCommit, PassGate
from gitledger.ops.implement import StartImplementation
from gitledger.ops.task import CreateTask
from tests.ops.harness import ADA, BOT, given
from tests.ops.stories import approved, planned, tell

REQUIRE = Policy(commits="require", blob="b" * 40)
PLANNED = Policy(commits="require", commit_paths="plan")


def required(scene):
    scene.with_policy(REQUIRE)


def active(scene):
    scene.active = scene.source.rows()[-1].uid


def implementing(scene):
    """Ada is at work on task 1, which is active."""
    approved(scene)
    active(scene)
    scene.run(StartImplementation(task="1"))


def kinds(error) -> list[str]:
    return [blocker["kind"] for blocker in error.details["blockers"]]


def test_where_nothing_is_asked_nothing_is_looked_at():
    view = given().run(CheckCommit())
    assert (view.ok, view.policy, view.blocking, view.task_id) == (True, "off", [], None)


def test_a_commit_needs_an_active_task():
    error = given(required).when(CheckCommit()).refused("GATE_BLOCKED", 3)
    assert kinds(error) == ["active_task"]
    assert error.hint == ("gitledger", "task", "list")


def test_a_deleted_active_task_is_none():
    scene = given(required)
    scene.active = "3f9c2ab1-d0e4-4b7a-9c55-0a1b2c3d4e5f"
    assert kinds(scene.when(CheckCommit()).refused("GATE_BLOCKED", 3)) == ["active_task"]
    scene.when(CheckCommit(task="7")).refused("NOT_FOUND", 5)


def test_a_task_that_is_implemented_under_my_claim_may_be_committed_to():
    view = given(implementing, required).run(CheckCommit())
    assert (view.ok, view.task_id, view.blocking) == (True, "task-0001", [])


@pytest.mark.parametrize(
    ("story", "help"),
    [
        (lambda scene: scene.run(CreateTask(title="Job")), "plan start"),
        (planned, "plan template"),
        (approved, "implement start"),
    ],
)
def test_code_changes_in_no_other_stage(story, help):
    error = given(story, active, required).when(CheckCommit()).refused("GATE_BLOCKED", 3)
    assert kinds(error) == ["stage"]
    assert " ".join(error.hint).startswith(f"gitledger {help}")


def test_a_held_task_waits():
    scene = given(implementing, required)

    def hold(world):
        yield on(world.task("1"), TaskHeld(reason="Waiting.", previous="implementing"))

    tell(scene, hold)
    assert kinds(scene.when(CheckCommit()).refused("GATE_BLOCKED", 3)) == ["hold"]


def test_the_claim_must_be_mine_and_live():
    scene = given(implementing, required)
    error = scene.as_(BOT).when(CheckCommit()).refused("GATE_BLOCKED", 3)
    assert kinds(error) == ["lock"]
    assert error.details["blockers"][0]["holder"]["actor_name"] == "ada"
    error = scene.as_(ADA).later(7200).when(CheckCommit()).refused("GATE_BLOCKED", 3)
    assert kinds(error) == ["lock_expired"]
    assert error.hint[:3] == ("gitledger", "implement", "resume")


@pytest.mark.parametrize(("status", "kind"), [("queue", "stage"), ("work", None), ("review", "stage"), ("done", "stage")])
def test_a_light_task_is_in_work_and_needs_neither_plan_nor_claim(status, kind):
    scene = given(required)

    def create(world):
        yield on(world.new_uid(), TaskCreated(number=1, slug="job", title="Job", workflow="light", status=status))

    tell(scene, create)
    active(scene)
    if kind is None:
        assert scene.run(CheckCommit()).ok
    else:
        assert kinds(scene.when(CheckCommit()).refused("GATE_BLOCKED", 3)) == [kind]


def test_a_warning_names_what_would_be_refused():
    view = given(approved, active, lambda scene: scene.with_policy(Policy(commits="warn"))).run(CheckCommit())
    assert (view.ok, view.policy) == (False, "warn")
    assert [blocker["command_hint"] for blocker in view.blocking] == ["gitledger implement start --task task-0001"]


@pytest.mark.parametrize("doing", ["rebase", "merge", "cherry-pick"])
def test_what_git_makes_of_commits_is_not_judged(doing):
    scene = given(required)
    scene.under_way = doing
    view = scene.run(CheckCommit())
    assert (view.ok, view.under_way) == (True, doing)


# ---------------------------------------------------------------------------------------------- paths


def planning(files):
    """The stories' plan names no files; these it shall name."""

    def steps(scene):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("tests.ops.stories.PlanProposed", lambda **fields: PlanProposed(**fields, files=files))
            implementing(scene)
        scene.with_policy(PLANNED)

    return steps


def test_only_planned_files_may_change():
    scene = given(planning(["src", "*.md"]))
    scene.staged = ["src/a.py", "README.md"]
    assert scene.run(CheckCommit()).ok
    scene.staged = ["src/a.py", "b", "c", "d", "e"]
    error = scene.when(CheckCommit()).refused("GATE_BLOCKED", 3)
    assert kinds(error) == ["path"]
    assert error.message == "plan-v1 of task-0001 does not name: b, c, d and 1 more."
    assert error.details["blockers"][0]["paths"] == ["b", "c", "d", "e"]
    assert scene.run(CheckCommit(paths=["src/z.py"])).ok


def test_a_plan_without_files_lets_none_change():
    scene = given(planning([]))
    scene.staged = ["a"]
    error = scene.when(CheckCommit()).refused("GATE_BLOCKED", 3)
    assert error.message == "plan-v1 of task-0001 names no files, and a would change."
    scene.staged = []
    assert scene.run(CheckCommit()).ok


def test_any_file_may_change_unless_the_policy_says_so():
    scene = given(planning(["src"]), required)
    scene.staged = ["elsewhere"]
    assert scene.run(CheckCommit()).ok


# ---------------------------------------------------------------------------------------------- passing over


def test_an_override_is_recorded_on_the_active_task():
    scene = given(approved, active, required)
    scene.when(PassGate(reason="hotfix", what_was_done="git commit 1")).then("policy.overridden")
    override = scene.task("1").overrides[0]
    assert (override.gate, override.reason, override.command) == ("commits", "hotfix", "git commit 1")
    assert scene.source.history[scene.active][-1].data.policy == "b" * 40


def test_without_an_active_task_the_book_holds_it():
    scene = given(required)
    scene.when(PassGate(reason="hotfix", what_was_done="git push origin")).then("policy.overridden")
    assert [event.type for event in scene.source.history[None]] == ["policy.overridden"]
    assert scene.source.the_book.unknown == []
