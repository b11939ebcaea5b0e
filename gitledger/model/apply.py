"""What each event type does to the record: one small function a type, none of which can refuse.

Guards have spoken when the event was written; here status is what the last status event says, appends
always apply, and a reference to something unknown or removed is without effect.
"""

from typing import Any

from msgspec import UNSET

from gitledger.model import codec
from gitledger.model.book import Workspace
from gitledger.model.events import Fields
from gitledger.model.task import (
    Actor,
    Adoption,
    Approval,
    Change,
    Check,
    Claim,
    Comment,
    CommitLink,
    Dependency,
    Evidence,
    Hold,
    LogLine,
    Note,
    Override,
    Plan,
    Question,
    Run,
    Todo,
    Waiver,
)
from gitledger.model.ids import later
from gitledger.model.texts import encode_name, split_task_md

APPLY: dict[str, Any] = {}
APPLY_BOOK: dict[str, Any] = {}


def _applies(type_name: str, table: dict[str, Any] = APPLY):
    def register(function):
        table[type_name] = function
        return function

    return register


def _find(items: list[Any], item_id: str) -> Any:
    return next((item for item in items if item.id == item_id), None)


# ---------------------------------------------------------------------------------------------- the task


def _set_fields(state, event, fields) -> None:
    for name in fields.__struct_fields__:
        value = getattr(fields, name)
        if value is UNSET:
            continue
        if name == "description":
            state.set(event, name, value)
            state.write_task_md(value)
        else:
            state.assign(event, name, value)
            if name == "title":
                state.write_task_md(split_task_md(state.text("task.md"))[1])


def _merge_keys(target: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    merged = {**target, **changes}
    return {key: merged[key] for key in sorted(merged) if merged[key] is not None}


def _set_number(state, event, number: int, *, leaving) -> None:
    left = [held for held in leaving if held not in (0, number, *state.task.former_numbers)]
    if left:
        state.task.former_numbers = [*state.task.former_numbers, *dict.fromkeys(left)]
    state.assign(event, "number", number)


@_applies("task.created")
def _created(state, event, data) -> None:
    task = state.task
    task.created_at = event.at
    task.creator = event.actor.brief()
    task.workflow, task.kind = data.workflow, data.kind
    task.labels = sorted(set(data.labels))
    task.properties = _merge_keys(task.properties, data.properties)
    task.meta = _merge_keys(task.meta, data.meta)
    _set_number(state, event, data.number, leaving=(task.number,))
    for name in ("slug", "title", "parent", "relation", "sort"):
        state.assign(event, name, getattr(data, name))
    state.set(event, "description", data.description)
    state.write_task_md(data.description)
    _set_fields(state, event, data.fields)
    state.set_status(event, data.status)


@_applies("task.recorded")
def _recorded(state, event, data) -> None:
    state.task.kind = "recorded"
    state.task.recorded_at = event.at
    state.task.recorded_by = event.actor.brief()
    state.assign(event, "summary", data.summary)
    state.set_status(event, data.status)


@_applies("task.imported")
def _imported(state, event, data) -> None:
    record = codec.convert_record({**data.record, "uid": state.task.uid})
    if record is None:
        return
    old = state.task
    record.heads, record.clock, record.unknown = old.heads, old.clock, old.unknown
    record.conflicts, record.deleted_at = old.conflicts, None
    state.task = record
    state.settle(event)
    for name in _IMPORTED_FIELDS:
        state.set(event, name, getattr(record, name))
    state.set(event, "hold", None if record.hold is None else record.hold.reason)
    state.set(event, "archived_at", record.archived_at is not None)
    state.set(event, "deleted_at", False)
    for gone in (*(plan.file for plan in old.plans), *(note.file for note in old.notes)):
        state.texts[gone] = None
    state.texts |= _imported_texts(record, data.texts)
    description = split_task_md(data.texts.get("task.md", ""))[1]
    state.set(event, "description", description)
    state.write_task_md(description)


_IMPORTED_FIELDS = (
    *(name for name in Fields.__struct_fields__ if name != "description"),
    *("number", "status", "accepted_plan", "parent", "relation", "sort", "closure_note"),
)


def _imported_texts(record, texts) -> dict[str, str]:
    """The long texts of an imported record, under names of our own: those in the record are never used as paths."""
    named: dict[str, str] = {}
    for place, plan in enumerate(record.plans):
        name = f"plans/{plan.version}.md"
        name = f"plans/{plan.version}-{place}.md" if name in named else name
        named[name] = texts.get(plan.file, "")
        plan.file = name
    record.notes = list({note.key: note for note in record.notes}.values())
    for note in record.notes:
        name = f"notes/{encode_name(note.key)}.md"
        named[name] = texts.get(note.file, "")
        note.file = name
    return named


@_applies("task.edited")
def _edited(state, event, data) -> None:
    _set_fields(state, event, data.fields)
    task = state.task
    task.labels = sorted({*task.labels, *data.add_labels} - set(data.remove_labels))
    task.properties = _merge_keys(task.properties, data.properties)
    task.meta = _merge_keys(task.meta, data.meta)


@_applies("task.renumbered")
def _renumbered(state, event, data) -> None:
    # Renumbered on two sides at once, the task has held the number of the other side too: it is not given again.
    _set_number(state, event, data.number, leaving=(data.previous, state.task.number))


@_applies("task.adopted")
def _adopted(state, event, data) -> None:
    state.task.adopted.append(Adoption(data.ledger, data.tip, data.number, event.at))


@_applies("task.advanced")
def _advanced(state, event, data) -> None:
    state.task.label = data.label
    state.set_status(event, data.status)


@_applies("task.held")
def _held(state, event, data) -> None:
    state.set(event, "hold", data.reason)
    state.task.hold = Hold(event.at, event.actor.brief(), data.reason, data.previous)


@_applies("task.resumed")
def _resumed(state, event, data) -> None:
    state.set(event, "hold", None)
    state.task.hold = None
    state.set_status(event, data.status)


@_applies("task.moved")
def _moved(state, event, data) -> None:
    for name in ("parent", "sort", "relation"):
        state.assign(event, name, getattr(data, name))


@_applies("task.cancelled")
def _cancelled(state, event, data) -> None:
    state.set_status(event, data.status)


@_applies("task.uncancelled")
def _uncancelled(state, event, data) -> None:
    state.set_status(event, data.status)


@_applies("task.closed")
def _closed(state, event, data) -> None:
    state.task.closed_at = event.at
    state.task.closed_by = event.actor.brief()
    state.assign(event, "closure_note", data.note)


@_applies("task.archived")
def _archived(state, event, data) -> None:
    state.set(event, "archived_at", True)
    state.task.archived_at = event.at


@_applies("task.unarchived")
def _unarchived(state, event, data) -> None:
    state.set(event, "archived_at", False)
    state.task.archived_at = None


@_applies("task.deleted")
def _deleted(state, event, data) -> None:
    state.set(event, "deleted_at", True)
    state.task.deleted_at = event.at


# ---------------------------------------------------------------------------------------------- planning


@_applies("plan.proposed")
def _proposed(state, event, data) -> None:
    task = state.task
    name = f"plans/{data.version}.md"
    if any(plan.file == name for plan in task.plans):
        name = f"plans/{data.version}-{event.id}.md"
    earlier = _find(task.plans, data.supersedes) if data.supersedes else None
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


@_applies("plan.approved")
def _approved(state, event, data) -> None:
    accepted = _find(state.task.plans, data.plan)
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


@_applies("plan.rejected")
def _rejected(state, event, data) -> None:
    plan = _find(state.task.plans, data.plan)
    if plan is None:
        return
    state.set(event, f"plan {data.plan}", "rejected")
    plan.status = "rejected"
    plan.rejected_reason = data.reason
    if state.task.accepted_plan == data.plan:
        state.assign(event, "accepted_plan", None)
    state.set_status(event, data.status)


@_applies("question.added")
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


@_applies("question.answered")
def _question_answered(state, event, data) -> None:
    question = _find(state.task.questions, data.question)
    if question is None:
        return
    state.set(event, f"question {data.question}", data.text)
    question.status = "answered"
    question.answer = data.text
    question.answered_at = event.at
    by = event.actor.brief()
    question.answered_by = by if by.type == data.answered_by else Actor(data.answered_by, by.name)
    question.answer_source = data.source


@_applies("question.dismissed")
def _question_dismissed(state, event, data) -> None:
    question = _find(state.task.questions, data.question)
    if question is not None:
        state.set(event, f"question {data.question}", None)
        question.status = "dismissed"


# ---------------------------------------------------------------------------------------------- runs and work


@_applies("run.started")
def _run_started(state, event, data) -> None:
    state.task.runs.append(
        Run(
            id=event.id,
            number=data.number,
            type=data.kind,
            started_at=event.at,
            actor=event.actor.brief(),
            plan=data.plan,
            based_on=data.based_on,
            resumes=data.resumes,
            reason=data.summary,
            branch=data.branch,
            head=data.head,
        )
    )
    state.set_status(event, data.status)


@_applies("run.logged")
def _run_logged(state, event, data) -> None:
    run = _find(state.task.runs, data.run)
    if run is not None:
        run.log.append(
            LogLine(event.id, event.at, event.actor.brief(), data.text, data.kind, data.path, data.exit_code)
        )


@_applies("run.resumed")
def _run_resumed(state, event, data) -> None:
    run = _find(state.task.runs, data.run)
    if run is None:
        return
    # Concurrently finished and resumed, it goes on: the task stands where the resuming put it.
    state.set(event, f"run {data.run}", "running")
    run.status = "running"
    run.finished_at = run.finished_by = run.result = None
    text = "resumed" if data.reason is None else f"resumed: {data.reason}"
    run.log.append(LogLine(event.id, event.at, event.actor.brief(), text))
    state.set_status(event, data.status)


@_applies("run.finished")
def _run_finished(state, event, data) -> None:
    run = _find(state.task.runs, data.run)
    if run is not None:
        state.set(event, f"run {data.run}", data.result)
        run.status = data.result if data.result in ("failed", "blocked", "aborted") else "finished"
        run.result = None if data.result == "finished" else data.result
        run.finished_at = event.at
        run.finished_by = event.actor.brief()
        run.summary = data.summary
        run.recommendation = data.recommendation
        run.tree, run.tree_all = data.tree, data.tree_all
    if data.status is not None:
        state.set_status(event, data.status)


@_applies("todo.added")
def _todo_added(state, event, data) -> None:
    state.task.todos.append(
        Todo(
            id=event.id,
            number=data.number,
            text=data.text,
            created_at=event.at,
            updated_at=event.at,
            source=data.source,
            mandatory=data.mandatory,
            active_at=event.at if data.active else None,
            plan=data.plan,
            plan_todo=data.plan_todo,
            validation_hint=data.validation_hint,
        )
    )


def _live_todo(state, todo_id: str) -> Todo | None:
    todo = _find(state.task.todos, todo_id)
    return None if todo is None or todo.removed else todo


@_applies("todo.edited")
def _todo_edited(state, event, data) -> None:
    todo = _live_todo(state, data.todo)
    if todo is None:
        return
    for name in ("text", "mandatory", "validation_hint"):
        value = getattr(data, name)
        if value is not UNSET:
            state.set(event, f"todo {data.todo} {name}", value)
            setattr(todo, name, value)
    todo.updated_at = event.at


@_applies("todo.done")
def _todo_done(state, event, data) -> None:
    todo = _live_todo(state, data.todo)
    if todo is None:
        return
    state.set(event, f"todo {data.todo} status", "done")
    todo.status = "done"
    todo.done_at = todo.updated_at = event.at
    todo.completed_by = event.actor.brief()
    todo.tree, todo.tree_all = data.tree, data.tree_all
    for name in ("evidence", "artifacts", "changes", "commands"):
        held = getattr(todo, name)
        held.extend(item for item in getattr(data, name) if item not in held)


@_applies("todo.undone")
def _todo_undone(state, event, data) -> None:
    todo = _live_todo(state, data.todo)
    if todo is None:
        return
    state.set(event, f"todo {data.todo} status", "open")
    todo.status = "open"
    todo.done_at = todo.completed_by = None
    todo.updated_at = event.at


@_applies("todo.removed")
def _todo_removed(state, event, data) -> None:
    todo = _find(state.task.todos, data.todo)
    if todo is not None:
        state.set(event, f"todo {data.todo} removed", True)
        todo.removed = True
        todo.updated_at = event.at


@_applies("change.recorded")
def _change_recorded(state, event, data) -> None:
    state.task.changes.append(
        Change(
            id=event.id,
            number=data.number,
            at=event.at,
            by=event.actor.brief(),
            kind=data.kind,
            path=data.path,
            paths=list(data.paths),
            summary=data.summary,
            run=data.run,
            command=data.command,
            exit_code=data.exit_code,
            commit=data.commit,
            diff_stat=data.diff_stat,
            before=data.before,
            after=data.after,
            tree=data.tree,
        )
    )


@_applies("commit.linked")
def _commit_linked(state, event, data) -> None:
    gone = {data.commit, *data.replaces}
    kept = [link for link in state.task.commits if link.commit not in gone]
    state.task.commits = [
        *kept,
        CommitLink(event.id, data.commit, event.at, data.source, data.run, data.change, data.summary, data.tree),
    ]
    # The change that a rewritten commit made is the new commit's now.
    for change in state.task.changes:
        if change.commit is not None and change.commit in data.replaces:
            change.commit = data.commit


@_applies("commit.unlinked")
def _commit_unlinked(state, event, data) -> None:
    state.task.commits = [link for link in state.task.commits if link.commit != data.commit]


@_applies("check.recorded")
def _check_recorded(state, event, data) -> None:
    state.task.checks.append(
        Check(
            id=event.id,
            number=data.number,
            run=data.run,
            criterion=data.criterion,
            plan=data.plan,
            status=data.status,
            at=event.at,
            by=event.actor.brief(),
            name=data.name,
            details=data.details,
            evidence=list(data.evidence),
            tree=data.tree,
            tree_all=data.tree_all,
        )
    )


@_applies("criterion.waived")
def _criterion_waived(state, event, data) -> None:
    by = event.actor.brief()
    by = by if by.type == data.waived_by else Actor(data.waived_by, by.name)
    state.task.checks.append(
        Check(
            id=event.id,
            number=data.number,
            run=data.run,
            criterion=data.criterion,
            plan=data.plan,
            status="pass",
            at=event.at,
            by=by,
            waiver=Waiver(event.id, event.at, by, data.reason),
        )
    )


@_applies("evidence.recorded")
def _evidence_recorded(state, event, data) -> None:
    fields = {name: getattr(data, name) for name in Evidence.__struct_fields__ if hasattr(data, name)}
    state.task.evidence.append(Evidence(id=event.id, at=event.at, by=event.actor.brief(), **fields))


# ---------------------------------------------------------------------------------------------- control and talk


@_applies("claim.taken")
def _claim_taken(state, event, data) -> None:
    kept = [claim for claim in state.task.claims if claim.id not in data.over]
    lease = max(0, data.lease_s)
    state.task.claims = [
        *kept,
        Claim(
            id=event.id,
            holder=event.actor.holder(),
            actor=event.actor.brief(),
            at=event.at,
            until=later(event.at, lease),
            lease_s=lease,
            stage=data.stage,
            run=data.run,
            reason=data.reason,
        ),
    ]


@_applies("claim.released")
@_applies("claim.broken")
def _claim_ended(state, event, data) -> None:
    state.task.claims = [claim for claim in state.task.claims if claim.id != data.claim]


def _dependency(state, data) -> Dependency | None:
    return next((dep for dep in state.task.dependencies if dep.on == data.on and dep.type == data.kind), None)


@_applies("dependency.added")
def _dependency_added(state, event, data) -> None:
    known = _dependency(state, data)
    state.set(event, f"dependency {data.kind} {data.on}", data.unblock_at)
    if known is None:
        state.task.dependencies.append(Dependency(event.id, data.on, data.kind, data.unblock_at, event.at))
    else:
        known.unblock_at = data.unblock_at


@_applies("dependency.removed")
def _dependency_removed(state, event, data) -> None:
    state.task.dependencies = [
        dep for dep in state.task.dependencies if not (dep.on == data.on and dep.type == data.kind)
    ]


@_applies("dependency.waived")
def _dependency_waived(state, event, data) -> None:
    known = _dependency(state, data)
    if known is not None:
        by = event.actor.brief()
        by = by if by.type == data.waived_by else Actor(data.waived_by, by.name)
        known.waiver = Waiver(event.id, event.at, by, data.reason)


@_applies("note.set")
def _note_set(state, event, data) -> None:
    state.set(event, f"note {data.key}", [data.role, data.body])
    name = f"notes/{encode_name(data.key)}.md"
    known = next((note for note in state.task.notes if note.key == data.key), None)
    if known is None:
        state.task.notes.append(Note(data.key, data.role, name, event.at, event.at, event.actor.brief()))
    else:
        known.role, known.updated_at, known.by = data.role, event.at, event.actor.brief()
    state.texts[name] = data.body


@_applies("note.removed")
def _note_removed(state, event, data) -> None:
    for note in state.task.notes:
        if note.key == data.key:
            state.set(event, f"note {data.key}", None)
            state.texts[note.file] = None
    state.task.notes = [note for note in state.task.notes if note.key != data.key]


@_applies("comment.added")
def _comment_added(state, event, data) -> None:
    state.task.comments.append(
        Comment(event.id, data.number, event.at, event.actor.brief(), data.text, data.kind)
    )


@_applies("policy.overridden")
def _overridden(state, event, data) -> None:
    state.task.overrides.append(
        Override(event.id, event.at, event.actor.brief(), data.gate, data.reason, data.command)
    )


# ---------------------------------------------------------------------------------------------- the book


@_applies("ledger.created", APPLY_BOOK)
def _ledger_created(state, event, data) -> None:
    if not state.book.uid:
        state.book.uid, state.book.name, state.book.created_at = data.uid, data.name, event.at


@_applies("ledger.forked", APPLY_BOOK)
def _ledger_forked(state, event, data) -> None:
    book = state.book
    if not book.uid:
        book.uid, book.name, book.created_at = data.uid, data.name, event.at
    book.origin, book.origin_tip = data.origin, data.tip
    book.number_floor = max(book.number_floor, data.number_floor)


@_applies("ledger.closed", APPLY_BOOK)
def _ledger_closed(state, event, data) -> None:
    state.book.closed_at, state.book.closed_reason = event.at, data.reason


@_applies("ledger.reopened", APPLY_BOOK)
def _ledger_reopened(state, event, data) -> None:
    state.book.closed_at = state.book.closed_reason = None


@_applies("workspace.set", APPLY_BOOK)
def _workspace_set(state, event, data) -> None:
    fields = {name: getattr(data, name) for name in Workspace.__struct_fields__}
    kept = [workspace for workspace in state.book.workspaces if workspace.name != data.name]
    state.book.workspaces = sorted([*kept, Workspace(**fields)], key=lambda workspace: workspace.name)


@_applies("workspace.removed", APPLY_BOOK)
def _workspace_removed(state, event, data) -> None:
    state.book.workspaces = [workspace for workspace in state.book.workspaces if workspace.name != data.name]
