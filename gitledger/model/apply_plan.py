"""Plans and the questions that they need, as events tell of them."""

from gitledger.model.applying import Table, find_item
from gitledger.model.task import Actor, Approval, Plan, Question

PLANNING = Table()


@PLANNING.applies("plan.proposed")
def _proposed(state, event, data) -> None:
    task = state.task
    name = f"plans/{data.version}.md"
    if any(plan.file == name for plan in task.plans):
        name = f"plans/{data.version}-{event.id}.md"
    earlier = find_item(task.plans, data.supersedes) if data.supersedes else None
    if earlier is not None and earlier.status == "proposed":
        earlier.status = "superseded"
    task.plans.append(
        Plan(
            id=event.id,
            version=data.version,
            status="proposed",
            created_at=event.at,
            created_by=event.actor.brief(),
            digest=data.digest,
            file=name,
            goal=data.goal,
            criteria=list(data.criteria),
            todos=list(data.todos),
            files=list(data.files),
            test_commands=list(data.test_commands),
            expected_outputs=list(data.expected_outputs),
            generation_reason=data.generation_reason,
            todos_waived_reason=data.todos_waived_reason,
            run=data.run,
            questions=list(data.questions),
            answers_hash=data.answers_hash,
            supersedes=data.supersedes,
        )
    )
    state.texts[name] = data.body
    state.set_status(event, data.status)


@PLANNING.applies("plan.approved")
def _approved(state, event, data) -> None:
    accepted = find_item(state.task.plans, data.plan)
    if accepted is None:
        return
    for plan in state.task.plans:
        if plan is not accepted and plan.status != "rejected":
            plan.status = "superseded"
    state.set(event, f"plan {data.plan}", "accepted")
    accepted.status = "accepted"
    by = event.actor.brief()
    name = data.approver_name or by.name
    accepted.approval = Approval(
        event=event.id,
        at=event.at,
        by=by if (by.type, by.name) == (data.approver, name) else Actor(data.approver, name),
        note=data.note,
        digest=data.digest,
        via=data.via,
        harness=data.harness,
        terminal=data.terminal,
        reason=data.reason,
        escapes=list(data.escapes),
    )
    state.assign(event, "accepted_plan", data.plan)
    state.set_status(event, data.status)


@PLANNING.applies("plan.rejected")
def _rejected(state, event, data) -> None:
    plan = find_item(state.task.plans, data.plan)
    if plan is None:
        return
    state.set(event, f"plan {data.plan}", "rejected")
    plan.status = "rejected"
    plan.rejected_reason = data.reason
    if state.task.accepted_plan == data.plan:
        state.assign(event, "accepted_plan", None)
    state.set_status(event, data.status)


@PLANNING.applies("question.added")
def _question_added(state, event, data) -> None:
    state.task.questions.append(
        Question(
            id=event.id,
            number=data.number,
            text=data.text,
            created_at=event.at,
            asked_by=event.actor.brief(),
            required=data.required,
            plan_version=data.plan_version,
        )
    )


@PLANNING.applies("question.answered")
def _question_answered(state, event, data) -> None:
    question = find_item(state.task.questions, data.question)
    if question is None:
        return
    state.set(event, f"question {data.question}", data.text)
    question.status = "answered"
    question.answer = data.text
    question.answered_at = event.at
    by = event.actor.brief()
    question.answered_by = by if by.type == data.answered_by else Actor(data.answered_by, by.name)
    question.answer_source = data.source


@PLANNING.applies("question.dismissed")
def _question_dismissed(state, event, data) -> None:
    question = find_item(state.task.questions, data.question)
    if question is not None:
        state.set(event, f"question {data.question}", None)
        question.status = "dismissed"
