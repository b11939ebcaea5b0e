"""What the record of one task tells about whether somebody could begin it now; what others and the time add is asked elsewhere."""

from gitledger.model import workflow
from gitledger.model.task import Plan, Question, Task

AFTER_QUESTIONS = "after_questions"

# How far a task has come, as dependencies count it (`unblock_at` names a rank).
RANKS = {"work": 1, "review": 2, "done": 3}

PRIORITIES = ("critical", "high", "medium", "low")
_MEDIUM = 2

DUE_SOON_S = 86400


# ---------------------------------------------------------------------------------------------- dependencies


def needed_rank(unblock_at: str) -> int:
    """The rank that a dependency waits for; an unknown word waits for the end."""
    return RANKS.get(unblock_at, RANKS["done"])


def reached_rank(role: str, status: str) -> int:
    """The rank that a task of this role and status has reached. A hold takes it back to none; one put away counts by its status."""
    return RANKS.get(workflow.role_of(status) if role == "archived" else role, 0)


def is_dropped(status: str, is_deleted: bool) -> bool:
    """Whether nobody will ever do it: cancelled or deleted."""
    return status == "cancelled" or is_deleted


def goes_on_without(workflow_name: str) -> bool:
    """Whether a task of this workflow waits no longer for one that was dropped; a staged one needs a waiver."""
    return workflow_name == "light"


# ---------------------------------------------------------------------------------------------- order


def priority_rank(priority: str | None) -> int:
    """0 for critical to 3 for low; no priority counts as medium."""
    return PRIORITIES.index(priority) if priority in PRIORITIES else _MEDIUM


def urgency(priority: str | None, due: str | None, now: str, soon: str) -> int:
    """The priority's rank as the due date boosts it: overdue counts as critical, due before `soon` as one rank higher.

    `due` is a moment as `due_moment` gives it, `soon` is `DUE_SOON_S` after `now`.
    """
    rank = priority_rank(priority)
    if due is None or due >= soon:
        return rank
    return 0 if due <= now else max(0, rank - 1)


def due_moment(text: str | None) -> str | None:
    """A due date or next run as a moment that compares as text; None where there is none or it cannot be read.

    A bare date, which other systems write, means its beginning.
    """
    if not text:
        return None
    from gitledger.model import ids

    text = f"{text}T00:00:00Z" if len(text) == 10 else text
    moment = ids.format_time(ids.parse_time(text))
    return None if moment.startswith("1970-01-01T00:00:00.0") else moment


# ---------------------------------------------------------------------------------------------- what is in the way


def hindrance(task: Task) -> str | None:
    """What in the record itself is in the way of beginning the task: finished, on_hold, blocked, waiting_for_user; or None."""
    role = workflow.role(task)
    if task.deleted_at is not None or role in ("done", "cancelled", "archived"):
        return "finished"
    if role == "blocked":
        return "on_hold"
    if is_stuck(task):
        return "blocked"
    return "waiting_for_user" if awaits_person(task) else None


def is_stuck(task: Task) -> bool:
    """Whether a rule would refuse every next step: events of a newer version, an unknown status, a plan or run that is missing."""
    if any(not name.startswith("x.") for name in task.unknown):
        return True
    if task.status not in workflow.STATUSES.get(task.workflow, ()):
        return True
    if task.workflow != "staged" or task.status in ("draft", "planning", "plan_review") or settles(task):
        return False
    if task.current_plan() is None:
        return True
    is_building = task.running_run("implementation") is not None
    return is_building is {"implementing": False, "failed_validation": True}.get(task.status)


def awaits_person(task: Task) -> bool:
    """Whether the next step is a person's word: an answer to a required question, or the acceptance of a plan."""
    if task.workflow != "staged":
        return False
    if task.status not in ("planning", "plan_review"):
        return settles(task)
    if open_required_questions(task):
        return True
    return task.status == "plan_review" and not needs_regeneration(task) and plan_in_review(task) is not None


def settles(task: Task) -> bool:
    """Whether two plans were accepted at the same time, so that a person has to accept one of them again."""
    return any(conflict.field == "accepted_plan" for conflict in task.conflicts) and task.status not in (
        "draft",
        "planning",
        "plan_review",
        "done",
        "cancelled",
    )


def open_required_questions(task: Task) -> list[Question]:
    """The questions that must be answered before there can be a plan."""
    return [question for question in task.questions if question.required and question.status == "open"]


def answered_questions(task: Task) -> list[Question]:
    """The questions that have an answer."""
    return [question for question in task.questions if question.status == "answered"]


def needs_regeneration(task: Task) -> bool:
    """Whether a required answer calls for a new plan: the latest one was not made from the answers as they are."""
    if not any(question.required for question in answered_questions(task)):
        return False
    plan = task.latest_plan()
    if plan is None or plan.generation_reason != AFTER_QUESTIONS:
        return True
    from gitledger.model.questionfile import answers_hash

    return plan.answers_hash != answers_hash(task.questions)


def plan_in_review(task: Task) -> Plan | None:
    """The plan that waits for a decision, if there is one: the proposed plan with the highest version."""
    proposed = [plan for plan in task.plans if plan.status == "proposed"]
    return max(proposed, key=lambda plan: plan.version, default=None)
