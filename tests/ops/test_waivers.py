"""Waiving what stands in the way is a person's word, as accepting a plan is: where the policy wants a person, one has to be there."""

from msgspec.structs import replace

import pytest

from gitledger.model.events import ClaimTaken, RunStarted
from gitledger.model.policy import Policy
from gitledger.ops import guards
from gitledger.ops._base import on
from gitledger.ops._facts import Host
from gitledger.ops.implement import StartImplementation
from gitledger.ops.require import AddRequirement, WaiveRequirement
from gitledger.ops.task import CreateTask
from gitledger.ops.validate import WaiveCriterion
from tests.conftest import Cli, Repo
from tests.ops.harness import ADA, BOT, Scene, given
from tests.ops.stories import approved, tell

HUMAN = Policy(approval="human", blob="a" * 40)
NOBODY_THERE = [
    (ADA, Host()),
    (BOT, Host()),
    (ADA, Host(harness="codex", has_terminal=True)),
    (ADA, Host(is_ci=True, has_terminal=True)),
    (replace(ADA, harness="opencode"), Host(has_terminal=True)),
]


def waiting(scene: Scene) -> None:
    """Task 1 could be implemented, if it did not need task 2."""
    approved(scene)
    scene.run(CreateTask(title="First"))
    scene.run(AddRequirement(task="1", required="2"))


def validating(scene: Scene) -> None:
    """Whoever the scene's actor is validates task 1."""
    approved(scene)

    def steps(world):
        task = world.task("1")
        run = yield on(task, RunStarted(number=2, kind="validation", status="validating", plan=task.accepted_plan))
        yield on(task, ClaimTaken(lease_s=7200, stage="validating", run=run.id))

    tell(scene, steps)


CASES = [
    (waiting, WaiveRequirement(task="1", required="2", reason="It can wait."), "dependency.waived", "require list"),
    (validating, WaiveCriterion(task="1", criterion="1", reason="No Windows here."), "criterion.waived", "validate status"),
]


@pytest.mark.parametrize(("story", "op", "event", "hint"), CASES, ids=lambda value: getattr(value, "command", ""))
@pytest.mark.parametrize(("actor", "host"), NOBODY_THERE)
def test_where_a_person_is_wanted_no_harness_waives(story, op, event, hint, actor, host):
    scene = given(lambda scene: scene.as_(actor), story).at(host).with_policy(HUMAN)
    error = scene.when(op).refused("APPROVAL_REQUIRED", 3)
    assert "approval: human" in error.message
    assert error.hint_text == f"gitledger {hint} --task task-0001"
    assert op.command in " ".join(error.remediation)


@pytest.mark.parametrize(("story", "op", "event", "hint"), CASES, ids=lambda value: getattr(value, "command", ""))
def test_where_a_person_is_wanted_a_person_waives(story, op, event, hint):
    given(story).at(Host(has_terminal=True)).with_policy(HUMAN).when(op).then(event)


@pytest.mark.parametrize(("story", "op", "event", "hint"), CASES, ids=lambda value: getattr(value, "command", ""))
def test_without_that_policy_whoever_speaks_for_the_user_waives(story, op, event, hint):
    given(story).at(Host(harness="codex")).when(op).then(event)
    given(story).when(replace(op, actor="agent")).refused("WORKFLOW_REJECTION", 3)


@pytest.mark.parametrize(("story", "op", "event", "hint"), CASES, ids=lambda value: getattr(value, "command", ""))
def test_an_agent_is_no_person_even_at_a_terminal(story, op, event, hint):
    scene = given(story).at(Host(has_terminal=True)).with_policy(HUMAN)
    scene.when(replace(op, actor="agent")).refused("APPROVAL_REQUIRED", 3)


@pytest.mark.parametrize(("story", "op", "event", "hint"), CASES, ids=lambda value: getattr(value, "command", ""))
def test_whoever_asks_beforehand_is_told_the_same(story, op, event, hint):
    scene = given(story).at(Host(harness="codex")).with_policy(HUMAN)
    (blocker,) = guards.blockers_of(scene.make_world(), op)
    assert (blocker.kind, scene.when(op).refused("APPROVAL_REQUIRED").message) == ("approval", blocker.message)


def test_an_agent_does_not_get_around_the_approval_by_a_waiver():
    scene = given(waiting).as_(BOT).at(Host(harness="codex")).with_policy(HUMAN)
    scene.when(StartImplementation(task="1")).refused("WORKFLOW_REJECTION", 3)
    scene.when(WaiveRequirement(task="1", required="2", reason="I am in a hurry.")).refused("APPROVAL_REQUIRED", 3)
    scene.when(StartImplementation(task="1")).refused("WORKFLOW_REJECTION", 3)


def test_on_the_command_line(repo: Repo, cli: Cli):
    repo.write(".gitledger.yaml", "version: 1\napproval: human\n")
    for words in (["init"], ["task", "create", "One"], ["task", "create", "Two"], ["require", "add", "2", "--task", "1"]):
        assert cli(*words).exit_code == 0
    refs = repo.git("for-each-ref")
    refused = cli("--json", "require", "waive", "2", "--task", "1", "--reason", "x", "--actor", "user", env={"CODEX_SANDBOX": "1"})
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "APPROVAL_REQUIRED")
    assert repo.git("for-each-ref") == refs
