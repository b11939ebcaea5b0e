"""A task of taskledger 0.2.0 as a record of ours: every number, text and time as it was; what has no place here is kept beside it."""

from msgspec import Struct

from gitledger.model.planfile import normal_body, plan_digest
from gitledger.model.task import Actor, Approval, Comment, Criterion, Dependency, Plan, PlanTodo, Question, Task, Todo
from gitledger.model.taskledgerfile import OldBundle, OldPlan, OldQuestion, OldTodo
from gitledger.model.texts import task_md
from gitledger.ops._old_names import Names, actor_of, known_actor, number_of, time_of
from gitledger.ops._old_work import (
    convert_change,
    convert_check,
    convert_evidence,
    convert_handoff,
    convert_links,
    convert_lock,
    convert_run,
)

# A run of this kind is under way, and taskledger leaves the status at which it began.
_STATUS_OF_RUN = {"planning": ({"draft", "plan_review"}, "planning"), "validation": ({"implemented"}, "validating")}


class Converted(Struct):
    """The record that a task becomes, and its long texts by file name."""

    record: Task
    texts: dict[str, str]


def convert(bundle: OldBundle, *, uid: str, number: int, uids: dict[str, str], intros: dict[str, str], keeps_claim: bool) -> Converted:
    """The record of a task. `uids` are those of the project's tasks by their ids, `intros` the ids of ours by theirs."""
    return _Conversion(bundle, uid, uids).convert(number, intros, keeps_claim)


class _Conversion:
    """One task on its way. Items get ids that follow from the task and their old names."""

    def __init__(self, bundle: OldBundle, uid: str, uids: dict[str, str]) -> None:
        self.old = bundle
        self.names = Names(uid)
        self.uids = uids
        self.texts: dict[str, str] = {}

    def convert(self, number: int, intros: dict[str, str], keeps_claim: bool) -> Converted:
        """The record, and the texts beside it."""
        bundle, names = self.old, self.names
        self.texts["task.md"] = task_md(" ".join(bundle.task.title.split()), bundle.description)
        handoffs = [convert_handoff(names, handoff) for handoff, _ in bundle.handoffs]
        self.texts |= {handoff.file: body for handoff, (_, body) in zip(handoffs, bundle.handoffs, strict=True)}
        files, urls = convert_links(names, bundle, self._creator() or known_actor(None))
        record = self._record(number, intros)
        record.dependencies = self._dependencies()
        record.accepted_plan = names.ref_of(bundle.task.accepted_plan)
        record.plans = [self._plan(plan, body) for plan, body in bundle.plans]
        record.questions = [self._question(question) for question in bundle.questions]
        record.todos = [self._todo(todo) for todo in bundle.todos]
        record.runs = [convert_run(names, run) for run in bundle.runs]
        record.changes = [convert_change(names, bundle, change) for change in bundle.changes]
        record.checks = [convert_check(names, bundle, run, check) for run in bundle.runs for check in run.checks]
        record.evidence = convert_evidence(names, bundle)
        record.comments = self._comments()
        record.files = files
        record.urls = urls
        record.handoffs = handoffs
        record.claims = [convert_lock(names, bundle.lock)] if keeps_claim and bundle.lock is not None else []
        return Converted(record, self.texts)

    def _record(self, number: int, intros: dict[str, str]) -> Task:
        """What the task's own file says of it."""
        old = self.old.task
        return Task(
            uid=self.names.uid,
            number=number,
            slug=old.slug,
            title=old.title,
            kind=old.task_type,
            status=self._status(),
            status_at=time_of(old.updated_at) or "",
            labels=sorted(set(old.labels)),
            priority=old.priority,
            creator=self._creator(),
            owner=old.owner,
            created_at=time_of(old.created_at) or "",
            updated_at=time_of(old.updated_at) or "",
            closed_at=time_of(old.closed_at),
            closed_by=actor_of(old.closed_by),
            closure_note=old.closure_note,
            parent=self.uids.get(old.parent_task_id or ""),
            relation=old.parent_relation,
            introduction=intros.get(old.introduction_ref or ""),
            recorded_at=time_of(old.recorded_at),
            recorded_by=actor_of(old.recorded_by),
        )

    def _status(self) -> str:
        status = self.old.task.status_stage
        for run in self.old.runs:
            before, during = _STATUS_OF_RUN.get(run.run_type, (set(), status))
            if run.status == "running" and status in before:
                return during
        return status

    def _creator(self) -> Actor | None:
        made = next((event.line.get("actor") for event in self.old.events if event.event == "task.created"), None)
        if not isinstance(made, dict) or not isinstance(made.get("actor_name"), str):
            return None
        return Actor(str(made.get("actor_type") or "agent"), made["actor_name"])

    def _dependencies(self) -> list[Dependency]:
        return [
            Dependency(
                id=self.names.id_of("requires", requirement.required_task_id),
                on=self.uids[requirement.required_task_id],
                added_at=time_of(requirement.created_at) or "",
                waiver=self.names.waiver(requirement.waiver, "requires", requirement.required_task_id),
            )
            for requirement in self.old.requirements
        ]

    def _plan(self, old: OldPlan, body: str) -> Plan:
        plan = Plan(
            id=self.names.id_of(old.plan_id),
            version=old.plan_version,
            status=old.status,
            created_at=time_of(old.created_at) or "",
            created_by=known_actor(old.created_by),
            digest="",
            file=f"plans/{old.plan_version}.md",
            goal=old.goal or "",
            criteria=[Criterion(item.id, item.text, item.mandatory) for item in old.criteria],
            todos=[PlanTodo(item.id, item.text, item.mandatory, item.validation_hint) for item in old.todos],
            files=old.files,
            test_commands=old.test_commands,
            expected_outputs=old.expected_outputs,
            generation_reason=old.generation_reason,
            todos_waived_reason=old.todos_waived_reason,
            questions=[self.names.id_of(question) for question in old.based_on_question_ids],
            answers_hash=old.based_on_answer_hash,
            supersedes=self.names.ref_of(old.supersedes_plan_id),
        )
        self.texts[plan.file] = normal_body(body)
        plan.digest = plan_digest(plan, body)
        if old.approved_at is not None and old.approved_by is not None:
            plan.approval = Approval(
                event=self.names.id_of("approval", old.plan_id),
                at=time_of(old.approved_at) or "",
                by=known_actor(old.approved_by),
                note=old.approval_note or "",
                digest=plan.digest,
                via="accept" if old.approved_by.actor_type == "user" else "flag",
            )
        return plan

    def _question(self, old: OldQuestion) -> Question:
        return Question(
            id=self.names.id_of(old.id),
            number=number_of(old.id),
            text=old.question,
            created_at=time_of(old.created_at) or "",
            asked_by=known_actor(old.asked_by_actor),
            status=old.status,
            required=old.required_for_plan,
            plan_version=old.plan_version,
            answer=old.answer,
            answered_at=time_of(old.answered_at),
            answered_by=actor_of(old.answered_by_actor),
            answer_source=old.answer_source,
        )

    def _todo(self, old: OldTodo) -> Todo:
        return Todo(
            id=self.names.id_of(old.id),
            number=number_of(old.id),
            text=old.text,
            created_at=time_of(old.created_at) or "",
            updated_at=time_of(old.updated_at) or "",
            source=old.source or "user",
            mandatory=old.mandatory,
            status="done" if old.done or old.status == "done" else "open",
            active_at=time_of(old.active_at),
            done_at=time_of(old.done_at),
            completed_by=actor_of(old.completed_by),
            evidence=old.evidence,
            artifacts=old.artifact_refs,
            changes=old.change_refs,
            commands=old.command_refs,
            plan=self.names.ref_of(old.source_plan_id),
            plan_todo=self._plan_todo(old),
            validation_hint=old.validation_hint,
        )

    def _plan_todo(self, old: OldTodo) -> str | None:
        """The todo of the plan that this one was made of: the one with the same text."""
        plan = next((plan for plan, _ in self.old.plans if plan.plan_id == old.source_plan_id), None)
        return next((item.id for item in plan.todos if item.text == old.text), None) if plan is not None else None

    def _comments(self) -> list[Comment]:
        old = self.old.task
        by = self._creator() or known_actor(None)
        return [
            Comment(self.names.id_of("note", place), place + 1, time_of(old.updated_at) or "", by, text, kind="note")
            for place, text in enumerate(old.notes)
        ]
