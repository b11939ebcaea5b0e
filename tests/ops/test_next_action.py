"""`next-action` and `can`: one scenario for every row of the reference's table, and the ways in which we do better."""

from typing import Any

import shlex

import msgspec
import pytest

from gitledger.cli.build import build_command, fields_of, make_operation
from gitledger.model.events import RunStarted, TaskAdvanced, TaskHeld
from gitledger.model.policy import Policy
from gitledger.ops._base import on
from gitledger.ops._facts import Host
from gitledger.ops._registry import NOUNS, operations_of
from gitledger.ops.implement import FinishImplementation, ResumeImplementation, StartImplementation
from gitledger.ops.lock import BreakLock
from gitledger.ops.next_action import CheckCan, ShowNextAction
from gitledger.ops.plan import AcceptPlan, ProposePlan, StartPlan, UpsertPlan
from gitledger.ops.question import AddQuestion
from gitledger.ops.require import AddRequirement
from gitledger.ops.task import CancelTask, CreateTask
from gitledger.ops.todo import AddTodo, DoneTodo, UndoneTodo
from gitledger.ops.validate import FinishValidation, RecordCheck, StartValidation
from tests.ops.harness import ADA, BOT, OTHER, Scene, given
from tests.ops.stories import approved, tell
from tests.ops.test_approval import two_acceptances
from tests.ops.test_plan import PLAN, answer, ask, draft, planning, proposed, rejected
from tests.ops.test_validate import implemented, validating

# ---------------------------------------------------------------------------------------------- scenes


def active(scene: Scene) -> Scene:
    """The same scene with its first task active. No event, which would renew a claim."""
    scene.active = scene.source.rows()[0].uid
    return scene


def asking(scene):
    planning(scene)
    ask(scene)


def answered(scene):
    asking(scene)
    answer(scene)


def stale(scene):
    """A plan in review that is older than an answer."""
    proposed(scene)
    ask(scene)
    answer(scene)


def working(scene, **story):
    """An implementation that the bot is at."""
    approved(scene, **story)
    scene.as_(BOT).run(StartImplementation(task="1"))


def ready(scene):
    """An implementation whose todos are done."""
    working(scene)
    scene.run(DoneTodo(task="1", todo="1", evidence=["seen"]))


def checked(scene):
    validating(scene)
    scene.run(RecordCheck(task="1", criterion="1", evidence=["seen"]))


def done(scene):
    checked(scene)
    scene.run(FinishValidation(task="1", result="passed", summary="Good."))


def failed(scene):
    validating(scene)
    scene.run(FinishValidation(task="1", result="failed", summary="Bad."))


def cancelled(scene):
    draft(scene)
    scene.run(CancelTask(task="1"))


def held(scene):
    working(scene)
    tell(scene, lambda world: (yield on(world.task("1"), TaskHeld(reason="no access", previous="implementing"))))


def left_running(scene):
    """An approved task with an implementation that still runs, as uncancelling leaves it."""
    approved(scene)
    tell(
        scene,
        lambda world: (yield on(world.task("1"), RunStarted(number=2, kind="implementation", status="approved"))),
    )


def blocked(scene):
    """An approved task that waits for another."""
    approved(scene)
    scene.run(CreateTask(title="First this"))
    scene.run(AddRequirement(task="1", required="2"))


def late(story, seconds=7201):
    """The story, and then nothing for longer than the lease."""

    def told(scene):
        story(scene)
        scene.later(seconds)

    told.__name__ = f"late_{story.__name__}"
    return told


EVERY = [
    draft, planning, asking, answered, proposed, stale, rejected, approved, left_running, blocked, working, ready,
    implemented, validating, checked, done, failed, cancelled, held, two_acceptances,
    late(planning), late(asking), late(answered), late(working), late(ready), late(validating), late(checked),
]  # fmt: skip


def look(scene: Scene, task: str | None = None) -> Any:
    """What `next-action` says, as its JSON."""
    return msgspec.to_builtins(scene.run(ShowNextAction(task=task)))


def parsed(line: str) -> Any:
    """The operation that a command line makes; it must be one that the program takes."""
    words = shlex.split(line)
    assert words.pop(0) == "gitledger"
    name = words.pop(0)
    operation = operations_of(name)[words.pop(0) if name in NOUNS else ""]
    context = build_command(operation).make_context(name, words)
    return make_operation(operation, fields_of(operation), context.params, Files())


class Files:
    """Instead of files: whatever is read is the good plan."""

    def read(self, path: str, option: str) -> str:
        return PLAN


# ---------------------------------------------------------------------------------------------- every row


@pytest.mark.parametrize(
    ("story", "action", "kind", "command"),
    [
        (draft, "plan", None, "plan start"),
        (asking, "question-answer", "question", "question answer q-0001 --text ANSWER"),
        (answered, "plan-regenerate", "answered_question", "plan upsert --from-answers --file plan.md"),
        (stale, "plan-regenerate", "answered_question", "plan upsert --from-answers --file plan.md"),
        (planning, "plan-propose", None, "plan upsert --file plan.md"),
        (proposed, "plan-approve", "plan", "plan accept --version 1 --note NOTE"),
        (rejected, "plan", None, "plan revise"),
        (approved, "implement", "task", "implement start"),
        (left_running, "implement-resume", "task", "implement resume --reason REASON"),
        (working, "todo-work", "todo", "todo show todo-0001"),
        (ready, "implement-finish", "task", "implement finish --summary SUMMARY"),
        (implemented, "validate", "task", "validate start"),
        (
            validating,
            "validate-check",
            "criterion",
            'validate check --criterion ac-0001 --status pass --evidence "..."',
        ),
        (checked, "validate-finish", "task", "validate finish --result passed --summary SUMMARY"),
        (failed, "implement-restart", "task", "implement restart --summary SUMMARY"),
        (late(planning), "plan", None, "plan start"),
        (late(asking), "question-answer", "question", "question answer q-0001 --text ANSWER"),
        (late(answered), "plan-regenerate", "answered_question", "plan upsert --from-answers --file plan.md"),
        (late(working), "implement-resume", "task", "implement resume --reason REASON"),
        (late(ready), "implement-resume", "task", "implement resume --reason REASON"),
        (late(validating), "validate", "task", "validate start"),
        (late(checked), "validate", "task", "validate start"),
        (held, "hold", None, "task show"),
        (two_acceptances, "plan-approve", "plan", "plan list"),
        (done, "none", None, None),
        (cancelled, "none", None, None),
    ],
)
def test_every_state_has_its_action(story, action, kind, command):
    shown = look(active(given(story)))
    assert shown["kind"] == "task_next_action"
    assert shown["action"] == action
    assert (shown["next_item"] or {}).get("kind") == kind
    assert shown["next_command"] == (command and f"gitledger {command}")
    assert [hint["primary"] for hint in shown["commands"]] == [n == 0 for n in range(len(shown["commands"]))]
    assert not command or shown["commands"][0]["command"] == shown["next_command"]


@pytest.mark.parametrize("story", EVERY)
def test_looking_records_nothing(story):
    scene = active(given(story))
    scene.when(ShowNextAction()).then()
    scene.when(ShowNextAction(task="1")).then()


@pytest.mark.parametrize("story", EVERY)
def test_every_command_is_one_that_the_program_takes(story):
    scene = given(story)
    for actor in (ADA, BOT, OTHER):
        shown = look(scene.as_(actor), "1")
        hints = [hint["command"] for hint in shown["commands"]] + [
            blocker["command_hint"] for blocker in shown["blocking"] if "command_hint" in blocker
        ]
        assert hints or shown["action"] == "none"
        for line in hints:
            parsed(line)


@pytest.mark.parametrize("story", EVERY)
@pytest.mark.parametrize("actor", [ADA, BOT, OTHER])
def test_what_is_recommended_is_not_refused(story, actor):
    """The primary command does what it says, unless something is said to be in the way."""
    scene = given(story).as_(actor)
    shown = look(scene, "1")
    if shown["next_command"] and "Blocked:" not in shown["reason"]:
        scene.run(parsed(shown["next_command"]))


def test_following_it_leads_from_an_idea_to_done():
    scene = active(given(draft))
    seen = []
    for _ in range(20):
        shown = look(scene)
        seen.append(shown["action"])
        if shown["action"] == "none":
            break
        complete = [hint["command"] for hint in shown["commands"] if hint["kind"] == "complete"]
        scene.run(parsed(complete[0] if shown["action"] == "todo-work" else shown["next_command"]))
    assert seen == [
        "plan", "plan-propose", "plan-approve", "implement", "todo-work", "implement-finish", "validate",
        "validate-check", "validate-finish", "none",
    ]  # fmt: skip
    assert scene.task().status == "done"


# ---------------------------------------------------------------------------------------------- the payload


def test_the_payload_of_a_todo_is_the_references():
    shown = look(active(given(working)))
    assert shown == {
        "kind": "task_next_action",
        "task_id": "task-0001",
        "status_stage": "implementing",
        "active_stage": "implementation",
        "action": "todo-work",
        "reason": "Implementation is in progress; 1 todo remains.",
        "blocking": [],
        "next_command": "gitledger todo show todo-0001",
        "next_item": {
            "kind": "todo",
            "id": "todo-0001",
            "text": "Edit file1.py",
            "status": "open",
            "mandatory": True,
            "source": "plan",
            "done": False,
            "validation_hint": None,
            "done_command_hint": 'gitledger todo done todo-0001 --evidence "..."',
        },
        "commands": [
            {
                "kind": "inspect",
                "label": "Show next todo",
                "command": "gitledger todo show todo-0001",
                "primary": True,
            },
            {
                "kind": "complete",
                "label": "Mark todo done after evidence exists",
                "command": 'gitledger todo done todo-0001 --evidence "..."',
                "primary": False,
            },
            {
                "kind": "context",
                "label": "Show implementation checklist",
                "command": "gitledger implement checklist",
                "primary": False,
            },
        ],
        "progress": {"todos": {"total": 1, "done": 0, "open": 1, "open_ids": ["todo-0001"]}},
    }


def test_the_payload_of_a_check_is_the_references():
    shown = look(active(given(validating)))
    check = 'gitledger validate check --criterion ac-0001 --status pass --evidence "..."'
    assert shown["blocking"] == [
        {
            "kind": "criterion_missing",
            "message": "Mandatory criterion ac-0001 has no passing check.",
            "ref": "ac-0001",
            "command_hint": check,
        }
    ]
    assert shown["next_item"] == {
        "kind": "criterion",
        "id": "ac-0001",
        "text": "It works 1",
        "mandatory": True,
        "latest_status": "not_run",
        "satisfied": False,
    }
    assert shown["progress"] == {
        "validation": {"total": 1, "satisfied": 0, "remaining": 1, "blocking_ids": ["ac-0001"]}
    }
    assert [(hint["kind"], hint["label"], hint["command"]) for hint in shown["commands"]] == [
        ("check", "Record validation check", check),
        ("context", "Show validation status", "gitledger validate status"),
    ]


def test_a_plan_from_answers_says_what_it_needs():
    shown = look(active(given(answered)))
    assert shown["next_item"] == {
        "kind": "answered_question",
        "id": "q-0001",
        "text": "Why?",
        "status": "answered",
        "required_for_plan": True,
        "plan_version": None,
        "answer": "Yes",
        "answered_at": "2026-11-20T10:00:01.000000Z",
    }
    assert shown["template_command"] == "gitledger plan template --from-answers --file plan.md"
    assert shown["required_plan_fields"] == ["goal", "acceptance_criteria", "todos"]
    assert shown["recommended_plan_fields"] == ["files", "test_commands", "expected_outputs"]
    assert shown["progress"] == {
        "questions": {"required_open": 0, "required_open_ids": [], "answered_since_latest_plan": ["q-0001"]}
    }
    assert [(blocker["kind"], blocker["question_ids"]) for blocker in shown["blocking"]] == [
        ("stale_answers", ["q-0001"])
    ]
    assert "template_command" not in look(active(given(approved)))


def test_open_questions_are_counted_and_named():
    scene = active(given(asking))
    scene.run(AddQuestion(text="Where?", required_for_plan=True))
    scene.run(AddQuestion(text="Who?"))
    shown = look(scene)
    assert shown["progress"] == {"questions": {"required_open": 2, "required_open_ids": ["q-0001", "q-0002"]}}
    assert shown["blocking"][0]["question_ids"] == ["q-0001", "q-0002"]
    assert shown["reason"] == "2 required questions wait for answers."


def test_a_named_task_is_named_in_every_command():
    scene = given(validating)
    shown = look(scene, "job")
    assert all(hint["command"].endswith(" --task job") for hint in shown["commands"])
    assert shown["blocking"][0]["command_hint"].endswith(" --task job")
    shown = look(given(working), "1")
    assert shown["next_item"]["done_command_hint"].endswith(' --evidence "..." --task 1')


def test_the_reference_of_who_asked_is_quoted():
    """A reference is trimmed and lower-cased when it is looked up; in a command it stands as it was given."""
    scene = given(working)
    shown = look(scene, " JOB ")
    assert shlex.split(shown["next_command"])[-1] == " JOB "
    assert scene.run(parsed(shown["next_command"])).task_id == "task-0001"


def test_texts_of_the_ledger_never_reach_a_command():
    evil = "$(touch pwned); `id`\n--force"
    scene = given(draft)
    scene.run(AddTodo(task="1", text=evil, mandatory=True))
    scene.run(StartPlan(task="1"))
    scene.run(AddQuestion(task="1", text=evil, required_for_plan=True))
    assert evil in look(scene, "1")["next_item"]["text"]
    assert "pwned" not in " ".join(hint["command"] for hint in look(scene, "1")["commands"])


def test_two_todos_of_one_number_are_told_apart():
    scene = given(working)
    uid = scene.task("1").uid
    tell(scene, lambda world: (yield on(world.record(uid), _todo(number=1))))
    shown = look(scene, "1")
    assert shown["next_item"]["id"].startswith("todo-0001.")
    assert scene.run(parsed(shown["next_command"])).todo.id == shown["next_item"]["id"]


def _todo(number: int) -> Any:
    from gitledger.model.events import TodoAdded

    return TodoAdded(number=number, text="The other", source="user", mandatory=True)


# ---------------------------------------------------------------------------------------------- what is in the way


@pytest.mark.parametrize(
    ("story", "action"),
    [
        (planning, "plan-propose"),
        (answered, "plan-regenerate"),
        (working, "todo-work"),
        (ready, "implement-finish"),
        (validating, "validate-check"),
        (checked, "validate-finish"),
    ],
)
def test_somebody_elses_claim_is_said(story, action):
    scene = active(given(story))
    assert look(scene)["blocking"] == [b for b in look(scene)["blocking"] if b["kind"] != "lock"]
    shown = look(scene.as_(OTHER))
    assert shown["action"] == action
    lock = shown["blocking"][0]
    assert (lock["kind"], lock["command_hint"]) == ("lock", "gitledger lock show")
    assert shown["next_command"] == "gitledger lock show"
    assert "Blocked: task-0001 is claimed by" in shown["reason"]


def test_a_question_may_be_answered_while_another_plans():
    shown = look(active(given(asking)).as_(ADA))
    assert [blocker["kind"] for blocker in shown["blocking"]] == ["open_questions"]
    assert "Blocked" not in shown["reason"]


def test_a_broken_claim_is_taken_up_again():
    scene = given(working)
    scene.as_(ADA).run(BreakLock(task="1", reason="gone"))
    assert look(scene, "1")["action"] == "implement-resume"
    scene.run(parsed(look(scene, "1")["next_command"]))
    assert look(scene, "1")["action"] == "todo-work"


def test_what_a_task_waits_for_comes_first():
    shown = look(active(given(blocked)))
    assert (shown["action"], shown["next_command"]) == ("implement", "gitledger task show task-0002")
    assert [hint["command"] for hint in shown["commands"]][1:] == ["gitledger implement start"]
    assert [(blocker["kind"], blocker["ref"]) for blocker in shown["blocking"]] == [("dependency", "task-0002")]
    assert "needs task-0002 to be done" in shown["reason"]


def test_a_failed_check_comes_before_a_missing_one():
    scene = active(given(lambda scene: validating(scene, criteria=3)))
    scene.run(RecordCheck(criterion="1", status="warn"))
    scene.run(RecordCheck(criterion="3", status="fail"))
    shown = look(scene)
    assert (shown["next_item"]["id"], shown["next_item"]["latest_status"]) == ("ac-0003", "fail")
    assert "gitledger validate finish --result failed --summary SUMMARY" in [c["command"] for c in shown["commands"]]
    assert shown["progress"]["validation"] == {
        "total": 3,
        "satisfied": 0,
        "remaining": 3,
        "blocking_ids": ["ac-0001", "ac-0002", "ac-0003"],
    }
    scene.run(RecordCheck(criterion="3"))
    assert (look(scene)["next_item"]["id"], look(scene)["progress"]["validation"]["satisfied"]) == ("ac-0001", 1)


def test_optional_criteria_are_no_progress_to_wait_for():
    scene = active(given(planning))
    criteria = "acceptance_criteria: [{text: It must, mandatory: true}, {text: It may, mandatory: false}]"
    text = PLAN.replace("acceptance_criteria: [parse of nothing gives nothing]", criteria)
    scene.run(ProposePlan(text=text))
    scene.run(AcceptPlan(version=1, note="Ready."))
    scene.run(StartImplementation())
    scene.run(DoneTodo(todo="1"))
    scene.run(FinishImplementation(summary="x"))
    scene.run(StartValidation())
    scene.run(RecordCheck(criterion="1"))
    shown = look(scene)
    assert (shown["action"], shown["progress"]["validation"]["total"]) == ("validate-finish", 1)


def test_a_requirement_can_stop_a_validation():
    scene = active(given(checked))
    scene.run(CreateTask(title="First this"))
    scene.run(AddRequirement(required="2"))
    shown = look(scene)
    assert (shown["action"], shown["next_item"]) == ("validate-check", {"kind": "dependency", "id": "task-0002"})
    assert shown["next_command"] == "gitledger task show task-0002"


def test_a_todo_that_was_opened_again_is_done_before_validation_begins():
    scene = active(given(ready))
    scene.run(FinishImplementation(summary="x"))
    scene.run(UndoneTodo(todo="1"))
    shown = look(scene)
    assert (shown["action"], shown["next_item"]["id"]) == ("todo-work", "todo-0001")


def test_a_todo_that_is_open_while_validating_sends_the_work_back():
    scene = active(given(checked))
    tell(scene, lambda world: (yield on(world.task("1"), _todo(number=1))))
    shown = look(scene)
    assert (shown["action"], shown["next_item"]["kind"]) == ("validate-check", "todo")
    assert shown["next_command"] == "gitledger validate finish --result failed --summary SUMMARY"
    scene.run(parsed(shown["next_command"]))


def test_optional_todos_do_not_keep_the_work_going():
    shown = look(active(given(lambda scene: working(scene, todos=0, optional=1))))
    assert (shown["action"], shown["progress"]["todos"]["open"]) == ("implement-finish", 1)
    assert shown["reason"] == "All mandatory todos done; ready to finish implementation."


def test_a_rejected_plan_is_planned_again():
    scene = active(given(rejected))
    assert "Too small" in look(scene)["reason"]
    scene.run(parsed(look(scene)["next_command"]))
    assert look(scene)["action"] == "plan-propose"


def test_a_plan_that_fails_lint_cannot_be_accepted():
    scene = active(given(planning))
    scene.run(ProposePlan(text="Just do it."))
    shown = look(scene)
    assert shown["action"] == "plan-approve"
    assert {"approval"} == {blocker["kind"] for blocker in shown["blocking"]}
    assert "Blocked" in shown["reason"] and "accept" not in shown["next_command"]


def test_lint_alone_keeps_a_plan_from_being_accepted():
    scene = active(given(planning))
    scene.run(ProposePlan(text=PLAN.replace("goal: Accept empty input\n", "")))
    shown = look(scene)
    assert (shown["action"], shown["next_command"]) == (
        "plan-approve", "gitledger plan lint --version 1"
    )
    assert "does not pass lint" in shown["blocking"][0]["message"]


def test_where_a_person_is_wanted_an_agent_is_shown_the_plan():
    scene = active(given(proposed)).with_policy(Policy(approval="human")).at(Host(harness="codex"))
    assert look(scene)["next_command"] == "gitledger plan show"
    assert "wants a person" in look(scene)["reason"]


def test_settling_two_acceptances_offers_both():
    shown = look(active(given(two_acceptances)))
    accepts = [hint["command"] for hint in shown["commands"] if hint["kind"] == "approve"]
    assert len(accepts) == 2 and len(set(accepts)) == 2
    assert "approval" in [blocker["kind"] for blocker in shown["blocking"]]


def test_a_task_of_another_workflow_has_no_step_here():
    scene = given(draft)
    tell(
        scene,
        lambda world: (yield on(world.task("1"), TaskAdvanced(trigger="start", previous="queue", status="work"))),
    )
    shown = look(scene, "1")
    assert (shown["action"], shown["commands"]) == ("none", [])


def test_a_task_with_events_of_a_newer_version_asks_for_an_upgrade():
    scene = given(working)
    scene.source.states[scene.task("1").uid].task.unknown = ["task.juggled", "x.mine"]
    shown = look(scene, "1")
    assert (shown["action"], shown["next_command"]) == ("todo-work", "gitledger version")
    assert "task.juggled" in shown["reason"] and "x.mine" not in shown["reason"]
    assert [blocker["kind"] for blocker in can(scene, "implement-resume").blocking] == ["upgrade"]
    scene.source.states[scene.task("1").uid].task.unknown = ["x.mine"]
    assert look(scene, "1")["blocking"] == []


def test_without_a_task_it_says_how_to_name_one():
    given(draft).when(ShowNextAction()).refused("NO_ACTIVE_TASK", 5)
    given(draft).when(ShowNextAction(task="7")).refused("NOT_FOUND", 5)


# ---------------------------------------------------------------------------------------------- can

ACTIONS = ("plan", "implement", "implement-resume", "implement-restart", "validate")


def can(scene: Scene, action: str) -> Any:
    """What `can` says."""
    return scene.run(CheckCan(action=action, task="1"))


@pytest.mark.parametrize(
    ("story", "possible"),
    [
        (draft, {"plan"}),
        (planning, {"plan"}),
        (proposed, {"plan"}),
        (rejected, {"plan"}),
        (approved, {"implement"}),
        (blocked, set()),
        (left_running, {"implement-resume"}),
        (working, {"implement-resume"}),
        (late(working), {"implement-resume"}),
        (implemented, {"validate"}),
        (validating, {"validate"}),
        (failed, {"implement", "implement-restart"}),
        (done, set()),
        (cancelled, set()),
        (held, set()),
        (two_acceptances, set()),
    ],
)
def test_what_can_start_now(story, possible):
    scene = given(story)
    assert {action for action in ACTIONS if can(scene, action).ok} == possible


@pytest.mark.parametrize("story", EVERY)
@pytest.mark.parametrize("actor", [BOT, OTHER])
@pytest.mark.parametrize("action", ACTIONS)
def test_can_and_the_command_agree(story, actor, action):
    scene = given(story).as_(actor)
    attempt = {
        "plan": StartPlan(task="1"),
        "implement": StartImplementation(task="1"),
        "implement-resume": ResumeImplementation(task="1", reason="r"),
        "implement-restart": parsed("gitledger implement restart --summary s --task 1"),
        "validate": parsed("gitledger validate start --task 1"),
    }[action]
    scene.when(CheckCan(action=action, task="1")).then()
    says = can(scene, action)
    assert says.ok == (not says.blocking)
    assert says.ok == (scene.when(attempt).error is None)


def test_can_says_everything_that_is_in_the_way():
    says = can(given(draft), "implement")
    assert (says.kind, says.task_id, says.action, says.active_stage) == (
        "task_capability", "task-0001", "implement", None
    )
    assert [blocker["kind"] for blocker in says.blocking] == ["stage", "approval"]
    assert says.reason == " ".join(blocker["message"] for blocker in says.blocking)
    assert can(given(approved), "implement").reason == "implement can start now."


def test_another_action_is_bad_input():
    error = given(draft).when(CheckCan(action="fly", task="1")).refused("INVALID_INPUT", 2)
    assert "implement-restart" in error.message


def test_can_takes_the_task_as_a_second_word():
    operation = parsed("gitledger can implement task-0001")
    assert (operation.action, operation.task) == ("implement", "task-0001")
    assert parsed("gitledger can plan --task job").task == "job"


def test_a_plan_made_from_answers_is_approved_next():
    scene = active(given(answered))
    scene.run(UpsertPlan(from_answers=True, text=PLAN))
    assert look(scene)["action"] == "plan-approve"
    scene.run(AcceptPlan(version=1, note="Ready."))
    assert look(scene)["action"] == "implement"
