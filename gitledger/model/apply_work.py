"""The work on a task as events tell it: runs, todos, changes, commits, checks, evidence."""

from msgspec import UNSET

from gitledger.model.applying import Table, find_item
from gitledger.model.task import Actor, Change, Check, CommitLink, Evidence, LogLine, Run, Todo, Waiver

WORK = Table()


@WORK.applies("run.started")
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


@WORK.applies("run.logged")
def _run_logged(state, event, data) -> None:
    run = find_item(state.task.runs, data.run)
    if run is not None:
        run.log.append(
            LogLine(event.id, event.at, event.actor.brief(), data.text, data.kind, data.path, data.exit_code)
        )


@WORK.applies("run.resumed")
def _run_resumed(state, event, data) -> None:
    run = find_item(state.task.runs, data.run)
    if run is None:
        return
    # Concurrently finished and resumed, it goes on: the task stands where the resuming put it.
    state.set(event, f"run {data.run}", "running")
    run.status = "running"
    run.finished_at = run.finished_by = run.result = None
    text = "resumed" if data.reason is None else f"resumed: {data.reason}"
    run.log.append(LogLine(event.id, event.at, event.actor.brief(), text))
    state.set_status(event, data.status)


@WORK.applies("run.finished")
def _run_finished(state, event, data) -> None:
    run = find_item(state.task.runs, data.run)
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


@WORK.applies("todo.added")
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
    todo = find_item(state.task.todos, todo_id)
    return None if todo is None or todo.removed else todo


@WORK.applies("todo.edited")
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


@WORK.applies("todo.done")
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


@WORK.applies("todo.undone")
def _todo_undone(state, event, data) -> None:
    todo = _live_todo(state, data.todo)
    if todo is None:
        return
    state.set(event, f"todo {data.todo} status", "open")
    todo.status = "open"
    todo.done_at = todo.completed_by = None
    todo.updated_at = event.at


@WORK.applies("todo.removed")
def _todo_removed(state, event, data) -> None:
    todo = find_item(state.task.todos, data.todo)
    if todo is not None:
        state.set(event, f"todo {data.todo} removed", True)
        todo.removed = True
        todo.updated_at = event.at


@WORK.applies("change.recorded")
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


@WORK.applies("commit.linked")
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


@WORK.applies("commit.unlinked")
def _commit_unlinked(state, event, data) -> None:
    state.task.commits = [link for link in state.task.commits if link.commit != data.commit]


@WORK.applies("check.recorded")
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


@WORK.applies("criterion.waived")
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


@WORK.applies("evidence.recorded")
def _evidence_recorded(state, event, data) -> None:
    fields = {name: getattr(data, name) for name in Evidence.__struct_fields__ if hasattr(data, name)}
    state.task.evidence.append(Evidence(id=event.id, at=event.at, by=event.actor.brief(), **fields))
