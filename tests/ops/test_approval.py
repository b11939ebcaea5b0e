"""Accepting a plan: the checks in their order, the escapes, who may, and what the event remembers."""

import copy

import pytest
from msgspec.structs import replace

from gitledger.model import fold
from gitledger.model.events import ClaimReleased, ClaimTaken, RunFinished, RunStarted
from gitledger.model.policy import Policy
from gitledger.ops._base import on
from gitledger.ops._facts import Host
from gitledger.ops.implement import StartImplementation
from gitledger.ops.plan import AcceptPlan, ApprovePlan, ProposePlan, RevisePlan, StartPlan, UpsertPlan
from tests.ops.harness import ADA, BOT, OTHER, given
from tests.ops.stories import approved, tell
from tests.ops.test_plan import PLAN, answer, ask, draft, planning, proposed, rejected

NO_CRITERIA = PLAN.replace("acceptance_criteria: [parse of nothing gives nothing]\n", "")
NO_TODOS = PLAN[: PLAN.index("todos:")] + "---\n\nReturn early.\n"
BAD = PLAN.replace("goal: Accept empty input\n", "")
AGENT = {"allow_agent_approval": True, "reason": "Tested"}
USER = {"actor": "user", "note": "Fine"}


def with_plan(text):
    def story(scene):
        planning(scene)
        scene.run(ProposePlan(task="1", text=text))

    return story


def accept(**more):
    return AcceptPlan(task="1", **{"version": 1, "note": "Ready."} | more)


def approve(**more):
    return ApprovePlan(task="1", **{"version": 1} | more)


def approval(scene):
    """The payload of the approval that was just recorded."""
    return next(event.data for event in scene.world.events if event.type == "plan.approved")


# ---------------------------------------------------------------------------------------------- accepting


def test_accepting_speaks_for_the_user_and_adds_the_todos():
    scene = given(proposed).as_(ADA)
    view = scene.when(accept()).then("plan.approved", "todo.added")
    assert (view.command, view.status, view.plan_version, view.result) == (
        "plan accept", "approved", 1, "materialized_todos=1"
    )
    assert (view.materialized_todos, view.mandatory_todos) == (1, 1)
    assert view.next_action == view.next_command == "gitledger implement start --task 1"
    task = scene.task("1")
    assert view.plan_digest == task.plans[0].digest == approval(scene).digest
    assert (task.current_plan().status, task.plans[0].approval.note) == ("accepted", "Ready.")
    (todo,) = task.todos
    assert (todo.text, todo.source, todo.mandatory, todo.plan, todo.plan_todo, todo.validation_hint) == (
        "Edit src/parser.py to accept empty input", "plan", True, task.plans[0].id, "plan-todo-0001", "pytest -q passes"
    )


def test_the_event_remembers_how_it_was_said():
    scene = given(proposed).with_policy(Policy(blob="b" * 40))
    scene.run(accept())
    said = approval(scene)
    assert (said.approver, said.via, said.note, said.version, said.policy) == ("user", "accept", "Ready.", 1, "b" * 40)
    assert (said.harness, said.terminal, said.escapes, said.reason) == (None, False, [], None)


@pytest.mark.parametrize(
    ("op", "host", "via", "harness"),
    [
        (accept(), Host(has_terminal=True), "accept", None),
        (accept(), Host(harness="codex", has_terminal=True), "accept", "codex"),
        (accept(), Host(is_ci=True), "accept", "ci"),
        (approve(**USER), Host(has_terminal=True), "terminal", None),
        (approve(**USER), Host(), "flag", None),
        (approve(**USER), Host(harness="codex", has_terminal=True), "flag", "codex"),
        (approve(**USER), Host(is_ci=True, has_terminal=True), "flag", "ci"),
        (approve(**AGENT), Host(has_terminal=True), "flag", None),
    ],
)
def test_means_harness_and_terminal_are_remembered(op, host, via, harness):
    scene = given(proposed).at(host)
    scene.run(op)
    said = approval(scene)
    assert (said.via, said.harness, said.terminal) == (via, harness, host.has_terminal)


def test_a_harness_that_the_actor_names_is_remembered_too():
    scene = given(proposed).as_(replace(BOT, harness="opencode"))
    scene.run(accept())
    assert approval(scene).harness == "opencode"


@pytest.mark.parametrize(
    ("actor", "op", "approver", "name"),
    [
        (ADA, accept(), "user", "ada"),
        (replace(BOT, person="Grace Hopper <g@example.org>"), accept(), "user", "Grace Hopper"),
        (BOT, accept(), "user", "bot"),
        (BOT, approve(**AGENT), "agent", "bot"),
        (BOT, approve(actor_name="Grace", **USER), "user", "Grace"),
    ],
)
def test_the_approver_has_a_name(actor, op, approver, name):
    scene = given(proposed).as_(actor)
    scene.run(op)
    assert (approval(scene).approver, approval(scene).approver_name) == (approver, name)
    by = scene.task("1").plans[0].approval.by
    assert (by.type, by.name) == (approver, name)


def test_every_other_version_is_superseded_but_a_rejected_one():
    scene = given(rejected, RevisePlan(task="1"), ProposePlan(task="1", text=PLAN))
    scene.run(RevisePlan(task="1"))
    scene.run(ProposePlan(task="1", text=PLAN))
    scene.run(accept(version=3))
    assert [plan.status for plan in scene.task("1").plans] == ["rejected", "superseded", "accepted"]


def test_optional_plan_todos_stay_optional_and_twins_are_added_once():
    twins = "  - {text: Write docs/parser.md for it, mandatory: false}\n  - write DOCS/parser.md for it\n"
    text = PLAN.replace("---\n\nReturn", f"{twins}---\n\nReturn")
    scene = given(with_plan(text))
    view = scene.when(accept()).then("plan.approved", "todo.added", "todo.added")
    assert (view.materialized_todos, view.mandatory_todos) == (2, 1)
    assert [(todo.ref, todo.mandatory) for todo in scene.task("1").todos] == [("todo-0001", True), ("todo-0002", False)]


# ---------------------------------------------------------------------------------------------- the checks, in order


@pytest.mark.parametrize(
    ("story", "code", "exit_code"),
    [
        (draft, "WORKFLOW_REJECTION", 3),
        (planning, "WORKFLOW_REJECTION", 3),
        (rejected, "WORKFLOW_REJECTION", 3),
        (approved, "WORKFLOW_REJECTION", 3),
    ],
)
@pytest.mark.parametrize("op", [accept(), approve(**USER), approve(**AGENT)])
def test_only_a_proposed_plan_in_review_is_accepted(story, code, exit_code, op):
    given(story).when(op).refused(code, exit_code)


def test_an_unknown_or_superseded_version_is_refused():
    scene = given(proposed, RevisePlan(task="1"), ProposePlan(task="1", text=PLAN))
    scene.when(accept(version=3)).refused("NOT_FOUND", 5)
    error = scene.when(accept(version=1)).refused("WORKFLOW_REJECTION", 3)
    assert error.hint_text == "gitledger plan show --version 2 --task task-0001"


def test_a_claim_of_another_is_in_the_way():
    scene = given(proposed).as_(OTHER)
    tell(scene, lambda world: (yield on(world.task("1"), ClaimTaken(lease_s=60))))
    scene.as_(ADA).when(accept()).refused("LOCK_CONFLICT", 4)
    scene.later(60).when(accept()).then("plan.approved", "todo.added")


def test_a_run_that_is_left_over_is_in_the_way_and_can_be_taken_up():
    scene = given(proposed)
    tell(
        scene,
        lambda world: (yield on(world.task("1"), RunStarted(number=2, kind="planning", status="plan_review"))),
    )
    error = scene.when(accept()).refused("APPROVAL_REQUIRED", 3)
    assert error.hint_text == "gitledger plan start --task task-0001"
    scene.when(StartPlan(task="1")).then("run.resumed", "claim.taken")
    scene.run(ProposePlan(task="1", text=PLAN))
    scene.when(accept(version=2)).then("plan.approved", "todo.added")


def test_open_required_questions_are_in_the_way():
    scene = given(proposed, ask)
    scene.when(accept()).refused("WORKFLOW_REJECTION", 3)
    scene.when(approve(allow_open_questions=True, **USER)).refused("INVALID_INPUT", 2)
    scene.when(approve(allow_open_questions=True, reason="Later", **USER)).then("plan.approved", "todo.added")
    assert (approval(scene).escapes, approval(scene).reason) == (["allow-open-questions"], "Later")


def test_a_plan_that_is_older_than_an_answer_is_not_accepted():
    scene = given(proposed, ask, answer)
    error = scene.when(accept()).refused("APPROVAL_REQUIRED", 3)
    assert error.details["blockers"][0] == {
        "kind": "stale_answers",
        "message": "The latest plan of task-0001 does not stand on the answers to q-0001.",
        "ref": "q-0001",
        "command_hint": "gitledger plan upsert --from-answers --file plan.md --task task-0001",
        "question_ids": ["q-0001"],
    }
    scene.run(UpsertPlan(task="1", text=PLAN))
    scene.when(accept(version=2)).then("plan.approved", "todo.added")


def test_a_changed_answer_makes_the_plan_old_again():
    scene = given(draft, ask, answer, UpsertPlan(task="1", text=PLAN))
    answer(scene, "No")
    scene.when(accept()).refused("APPROVAL_REQUIRED", 3)
    answer(scene, "Yes")
    scene.when(accept()).then("plan.approved", "todo.added")


def test_an_escape_for_empty_criteria_is_enough_by_itself():
    scene = given(with_plan(NO_CRITERIA))
    scene.when(accept()).refused("APPROVAL_REQUIRED", 3)
    scene.when(approve(allow_empty_todos=True, reason="r", **USER)).refused("APPROVAL_REQUIRED", 3)
    scene.when(approve(allow_empty_criteria=True, **USER)).refused("INVALID_INPUT", 2)
    scene.when(approve(allow_empty_criteria=True, reason="Obvious", **USER)).then("plan.approved", "todo.added")
    assert approval(scene).escapes == ["allow-empty-criteria"]


def test_an_escape_for_empty_todos_is_enough_by_itself():
    scene = given(with_plan(NO_TODOS))
    scene.when(accept()).refused("APPROVAL_REQUIRED", 3)
    scene.when(approve(allow_empty_todos=True, reason="One line", **USER)).then("plan.approved")
    assert approval(scene).escapes == ["allow-empty-todos"]


def test_a_plan_that_waives_its_todos_needs_no_escape():
    scene = given(with_plan(NO_TODOS.replace("---\n\n", "todos_waived_reason: One line\n---\n\n")))
    assert scene.when(accept()).then("plan.approved").materialized_todos == 0
    assert approval(scene).escapes == []


def test_lint_errors_are_in_the_way():
    scene = given(with_plan(BAD))
    error = scene.when(accept()).refused("APPROVAL_REQUIRED", 3)
    report = error.details["plan_lint"]
    assert (report["passed"], [issue["code"] for issue in report["issues"]]) == (False, ["missing_goal"])
    scene.when(accept(allow_lint_errors=True)).then("plan.approved", "todo.added")
    assert (approval(scene).escapes, approval(scene).reason) == (["allow-lint-errors"], "Ready.")


def test_the_escape_from_lint_is_for_lint_alone():
    given(with_plan(NO_CRITERIA)).when(accept(allow_lint_errors=True)).refused("APPROVAL_REQUIRED", 3)


def test_warnings_are_not_in_the_way():
    given(with_plan(PLAN.replace("files: [src/parser.py]\n", ""))).when(accept()).then("plan.approved", "todo.added")


def test_an_escape_that_waived_nothing_is_not_remembered():
    scene = given(proposed)
    scene.run(approve(allow_empty_todos=True, allow_lint_errors=True, reason="Just in case", **USER))
    assert (approval(scene).escapes, approval(scene).reason) == ([], None)


def test_todos_are_left_out_only_for_a_reason():
    scene = given(proposed)
    scene.when(approve(no_materialize_todos=True, **USER)).refused("INVALID_INPUT", 2)
    view = scene.when(approve(no_materialize_todos=True, reason="By hand", **USER)).then("plan.approved")
    assert (view.materialized_todos, approval(scene).escapes) == (0, ["no-materialize-todos"])


# ---------------------------------------------------------------------------------------------- who may


@pytest.mark.parametrize(
    ("op", "code", "exit_code"),
    [
        (accept(note=None), "INVALID_INPUT", 2),
        (accept(note="  "), "INVALID_INPUT", 2),
        (approve(actor="user"), "INVALID_INPUT", 2),
        (approve(actor="system", note="x"), "INVALID_INPUT", 2),
        (approve(), "WORKFLOW_REJECTION", 3),
        (approve(note="Fine"), "WORKFLOW_REJECTION", 3),
        (approve(allow_agent_approval=True), "WORKFLOW_REJECTION", 3),
        (approve(allow_agent_approval=True, reason=" "), "WORKFLOW_REJECTION", 3),
        (approve(reason="Tested"), "WORKFLOW_REJECTION", 3),
    ],
)
def test_who_accepts_has_to_say_what_it_takes(op, code, exit_code):
    given(proposed).when(op).refused(code, exit_code)


def test_an_agent_accepts_with_flag_and_reason():
    scene = given(proposed)
    scene.when(approve(**AGENT)).then("plan.approved", "todo.added")
    said = approval(scene)
    assert (said.approver, said.via, said.note, said.reason, said.escapes) == (
        "agent", "flag", "Tested", "Tested", ["allow-agent-approval"]
    )


HUMAN = Policy(approval="human", blob="a" * 40)


@pytest.mark.parametrize("op", [accept(), approve(**USER)])
@pytest.mark.parametrize(
    ("actor", "host"),
    [
        (ADA, Host()),
        (ADA, Host(harness="codex", has_terminal=True)),
        (ADA, Host(is_ci=True, has_terminal=True)),
        (replace(ADA, harness="opencode"), Host(has_terminal=True)),
    ],
)
def test_where_a_person_is_wanted_no_harness_speaks_for_one(op, actor, host):
    scene = given(proposed).as_(actor).at(host).with_policy(HUMAN)
    error = scene.when(op).refused("APPROVAL_REQUIRED", 3)
    assert "approval: human" in error.message and error.hint_text == "gitledger plan show --task task-0001"


@pytest.mark.parametrize("op", [accept(), approve(**USER)])
def test_where_a_person_is_wanted_a_person_accepts(op):
    scene = given(proposed).as_(ADA).at(Host(has_terminal=True)).with_policy(HUMAN)
    scene.when(op).then("plan.approved", "todo.added")
    assert (approval(scene).policy, approval(scene).terminal) == ("a" * 40, True)


def test_where_a_person_is_wanted_no_agent_accepts():
    scene = given(proposed).at(Host(has_terminal=True)).with_policy(HUMAN)
    scene.when(approve(**AGENT)).refused("APPROVAL_REQUIRED", 3)


# ---------------------------------------------------------------------------------------------- odd histories


def test_a_plan_that_was_proposed_under_another_digest_is_not_accepted():
    scene = given(proposed, RevisePlan(task="1"))

    def forge(world):
        task = world.task("1")
        told = next(event.data for event in scene.source.events(task.uid) if event.type == "plan.proposed")
        yield on(task, replace(told, version=2, goal="Something else"))
        yield on(task, RunFinished(run=task.runs[1].id, result="finished"))
        yield on(task, ClaimReleased(claim=task.claims[0].id))

    tell(scene, forge)
    error = scene.when(accept(version=2)).refused("APPROVAL_REQUIRED", 3)
    assert error.details["digest"] != error.details["proposed_digest"]


def two_acceptances(scene):
    """Two clones made a plan each from the same answer, and each was accepted; then they merged."""
    draft(scene)
    ask(scene)
    answer(scene)
    twin = copy.deepcopy(scene)
    twin.random.seed(8)
    twin.as_(OTHER)
    for clone, goal in ((scene, "One way"), (twin, "Another way")):
        clone.run(UpsertPlan(task="1", text=PLAN.replace("Accept empty input", goal, 1)))
        clone.run(accept(note=goal))
    uid = scene.task("1").uid
    events = {event.id: event for event in [*scene.source.events(uid), *twin.source.events(uid)]}
    scene.source.states[uid] = fold.fold(events.values())
    scene.source.history[uid] = sorted(events.values(), key=lambda event: event.order)


def test_a_person_settles_two_acceptances():
    scene = given(two_acceptances)
    task = scene.task("1")
    assert (len(task.plans), task.current_plan(), task.status) == (2, None, "approved")
    scene.as_(ADA).when(StartImplementation(task="1")).refused("WORKFLOW_REJECTION", 3)
    loser = next(plan for plan in task.plans if plan.id != task.accepted_plan)
    scene.when(accept(version=1)).refused("AMBIGUOUS", 4)
    scene.when(approve(version=loser.id[:8], **AGENT)).refused("WORKFLOW_REJECTION", 3)
    view = scene.when(accept(version=loser.id[:8], note="This one")).then("plan.approved")
    assert (view.status, view.materialized_todos) == ("approved", 0)
    assert scene.task("1").current_plan().id == loser.id and scene.task("1").conflicts == []
    scene.when(StartImplementation(task="1")).then("run.started", "claim.taken")


def test_settling_in_the_middle_of_the_work_does_not_end_it():
    scene = given(two_acceptances)
    tell(
        scene,
        lambda world: (yield on(world.task("1"), RunStarted(number=9, kind="implementation", status="implementing"))),
    )
    tell(scene, lambda world: (yield on(world.task("1"), ClaimTaken(lease_s=60, stage="implementing"))))
    plan = scene.task("1").plans[0]
    view = scene.as_(ADA).when(accept(version=plan.id[:8])).then("plan.approved")
    assert (view.status, view.next_action) == ("implementing", "gitledger next-action --task 1")
