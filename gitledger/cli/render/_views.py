"""What several nouns show: todos, questions, plans, runs, claims, actors, and the steps of the staged workflow."""

from collections.abc import Sequence
from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given, plain
from gitledger.cli.text import count, moment, one_line, truncate

# ---------------------------------------------------------------------------------------------- parts


def actor_name(actor: Any) -> str | None:
    """`agent-1 (agent, implementer, codex)`."""
    if actor is None:
        return None
    about = [part for part in (actor.actor_type, actor.role, actor.harness) if part and part != actor.actor_name]
    return f"{actor.actor_name} ({', '.join(about)})" if about else actor.actor_name


def box(done: bool) -> str:
    """`[x]` or `[ ]`."""
    return "[x]" if done else "[ ]"


def todo_rows(todos: Sequence[Any]) -> list[list[Cell]]:
    """Todos as rows of a checklist."""
    rows: list[list[Cell]] = []
    for todo in todos:
        style = "dim" if todo.done else ""
        note = "" if todo.mandatory or todo.done else "optional"
        rows.append([Styled(f"{box(todo.done)} {todo.id}", style), Styled(todo.text, style), Styled(note, "dim")])
    return rows


def show_todos(todos: Sequence[Any], console: Console, indent: int = 0) -> None:
    """A checklist."""
    console.table(todo_rows(todos), grow=1, indent=indent)


def show_questions(questions: Sequence[Any], console: Console, indent: int = 0) -> None:
    """Questions, each with its answer under it."""
    for question in questions:
        need = Styled(" (required)", "yellow") if question.required_for_plan and question.status == "open" else ""
        head = [" " * indent, question.id, "  ", console.status(question.status), need, "  "]
        console.line(*head, one_line(question.question))
        if question.answer:
            hang = " " * (indent + len(question.id) + 2)
            console.line(hang, "→ ", one_line(question.answer))


def plan_row(plan: Any, console: Console) -> list[Cell]:
    """A plan version on one line."""
    size = f"{count(len(plan.criteria), 'criterion', 'criteria')}, {count(len(plan.todos), 'todo')}"
    return [f"v{plan.version}", console.status(plan.status), plan.goal, Styled(size, "dim")]


def run_row(run: Any, console: Console) -> list[Cell]:
    """A run on one line."""
    verdict = run.result if run.result and run.result != run.status else run.status
    text = truncate(one_line(run.summary or ""), 72)
    return [run.run_id, run.run_type, console.status(verdict), text, Styled(moment(run.started_at), "dim")]


def commit_row(commit: Any) -> list[Cell]:
    """A commit that a task is linked to, on one line."""
    return [Styled(commit.short, "yellow"), commit.subject, commit.source, Styled(moment(commit.at), "dim")]


def change_row(change: Any) -> list[Cell]:
    """A change on one line."""
    return [change.change_id, change.kind, change.path, change.summary]


def claim_text(lock: Any) -> str:
    """`agent-1 (agent), implementing run-0002, until 2026-11-20 10:15Z`."""
    doing = " ".join(part for part in (lock.stage, lock.run_id) if part)
    until = ("expired " if lock.expired else "until ") + moment(lock.expires_at)
    return ", ".join(part for part in (actor_name(lock.holder), doing, until) if part)


def show_blockers(blockers: Sequence[Any], console: Console, indent: int = 0) -> None:
    """What stands in the way, each with the command that helps."""
    for blocker in blockers:
        console.line(" " * indent, "- ", one_line(str(blocker.get("message") or blocker.get("kind"))))
        if blocker.get("command_hint"):
            show_command(blocker["command_hint"], console, indent + 2)


def show_command(command: str, console: Console, indent: int = 0, label: str = "") -> None:
    """A command to run, alone on its line after an optional label."""
    console.line(" " * indent, label, Styled(one_line(command), "cyan"))


def show_next(command: Any, console: Console) -> None:
    """`next: gitledger …`, where there is one."""
    if given(command):
        show_command(command, console, label="next: ")


def show_json(view: Any, console: Console) -> None:
    """A view as bare JSON, for `--format json`."""
    import json

    console.text(json.dumps(plain(view), indent=2, ensure_ascii=False))


def progress_text(progress: Any) -> str:
    """`2/3 done`."""
    return f"{progress.done}/{progress.total} done"


# ---------------------------------------------------------------------------------------------- the workflow's steps

# command → what happened. Fields of the view stand in braces.
STEPS = {
    "plan start": "started planning {task_id}",
    "plan propose": "proposed plan v{plan_version} for {task_id}",
    "plan upsert": "proposed plan v{plan_version} for {task_id}",
    "plan regenerate": "regenerated plan v{plan_version} for {task_id}",
    "plan approve": "accepted plan v{plan_version} for {task_id}",
    "plan accept": "accepted plan v{plan_version} for {task_id}",
    "plan reject": "rejected plan v{plan_version} of {task_id}",
    "plan revise": "started planning {task_id} again",
    "implement start": "started implementation {run_id} of {task_id}",
    "implement restart": "restarted implementation {run_id} of {task_id}",
    "implement resume": "resumed implementation {run_id} of {task_id}",
    "implement finish": "finished implementation {run_id} of {task_id}",
    "validate start": "started validation {run_id} of {task_id}",
    "validate finish": "finished validation {run_id} of {task_id}: {result}",
    "task cancel": "cancelled {task_id}",
    "task uncancel": "uncancelled {task_id}",
    "task close": "closed {task_id}",
    "task hold": "put {task_id} on hold",
    "task resume": "resumed {task_id}",
}


def render_lifecycle(view: Any, op: Any, console: Console) -> None:
    """One sentence, the status it led to, and the command to go on with."""
    sentence = STEPS.get(view.command, view.command + " {task_id}")
    if view.command == "plan upsert" and view.operation == "regenerated":
        sentence = STEPS["plan regenerate"]
    words = {name: getattr(view, name) for name in view.__struct_fields__ if given(getattr(view, name))}
    if view.changed:
        arrow = [] if view.status in sentence else [" → ", console.status(view.status)]
        console.line(_filled(sentence, words), *arrow)
    else:
        console.line(f"{view.task_id} is ", console.status(view.status), " already; nothing changed")
    console.fields(
        [
            ("reason", words.get("reason")),
            ("todos", _materialized(words)),
            ("claim", claim_text(view.lock) if view.lock else None),
        ],
        indent=2,
    )
    show_next(words.get("next_command") or _as_command(words.get("next_action")), console)


def _filled(sentence: str, words: dict[str, Any]) -> str:
    for name, value in words.items():
        sentence = sentence.replace("{" + name + "}", str(value))
    return sentence


def _materialized(words: dict[str, Any]) -> str | None:
    if "materialized_todos" not in words:
        return None
    mandatory = f", {words['mandatory_todos']} mandatory" if "mandatory_todos" in words else ""
    return f"{words['materialized_todos']} from the plan{mandatory}"


def _as_command(text: Any) -> str | None:
    return text if given(text) and text.startswith("gitledger ") else None


# ---------------------------------------------------------------------------------------------- records

# command → what happened, where the answer is the whole record.
RUN_SENTENCES = {
    "implement log": "logged to {run_id}",
    "implement deviation": "recorded a deviation in {run_id}",
    "implement artifact": "recorded an artifact in {run_id}",
    "validate check": "added check to {run_id}",
    "validate waive": "waived a criterion in {run_id}",
}


def render_run(view: Any, op: Any, console: Console) -> None:
    """What was added to the run, or the whole run."""
    sentence = RUN_SENTENCES.get(op.command)
    if sentence is None or (op.command == "implement log" and not getattr(op, "message", None)):
        show_run(view, console)
        return
    console.line(sentence.replace("{run_id}", view.run_id))
    if op.command.startswith("validate") and view.checks:
        show_check(view.checks[-1], console, indent=2)


def show_run(run: Any, console: Console) -> None:
    """A run with its log, changes and checks."""
    console.line(
        Styled(run.run_id, "bold"), f"  {run.run_type}  ", console.status(run.status), f"  of {run.task_id}"
    )
    console.fields(
        [
            ("result", run.result if run.result != run.status else None),
            ("summary", run.summary),
            ("recommendation", run.recommendation),
            ("plan", run.based_on_plan),
            ("implementation", run.based_on_implementation_run),
            ("resumes", run.resumes_run_id),
            ("started", moment(run.started_at)),
            ("finished", moment(run.finished_at)),
            ("by", actor_name(run.actor)),
            ("changes", run.change_refs),
        ],
        indent=2,
    )
    if run.worklog:
        console.heading("Log")
        for line in run.worklog:
            kind = "" if line.kind == "message" else f"{line.kind}: "
            place = f"{line.path}: " if line.path else ""
            code = f" (exit {line.exit_code})" if line.exit_code is not None else ""
            console.line("  ", Styled(moment(line.timestamp), "dim"), "  ", kind, one_line(place + line.text), code)
    if run.checks:
        console.heading("Checks")
        for check in run.checks:
            show_check(check, console, indent=2)


def show_check(check: Any, console: Console, indent: int = 0) -> None:
    """A check, with its evidence or waiver under it."""
    name = f"  {one_line(check.name)}" if check.name else ""
    console.line(" " * indent, f"{check.id}  {check.criterion_id}  ", console.status(check.status), name)
    if check.waiver:
        who = actor_name(check.waiver.actor)
        console.line(" " * (indent + 2), "waived by ", who or "somebody", ": ", one_line(check.waiver.reason))
    for evidence in check.evidence:
        console.line(" " * (indent + 2), "evidence: ", one_line(evidence))
    if check.details:
        console.line(" " * (indent + 2), one_line(check.details))


def render_change(view: Any, op: Any, console: Console) -> None:
    """A recorded change."""
    console.line(f"logged change {view.change_id}")
    console.fields(
        [
            ("path", f"{view.path} ({view.kind})"),
            ("summary", view.summary),
            ("command", view.command),
            ("exit", view.exit_code),
            ("commit", view.git_commit),
        ],
        indent=2,
    )
    if view.git_diff_stat:
        console.text(view.git_diff_stat)


def render_question(view: Any, op: Any, console: Console) -> None:
    """One question; the verb says what happened to it."""
    verb = {"question add": "added", "question answer": "answered", "question dismiss": "dismissed"}.get(op.command)
    console.line(f"{verb} question {view.id} of {view.task_id}" if verb else "")
    show_questions([view], console, indent=2)


def render_lock(view: Any, op: Any, console: Console) -> None:
    """A claim."""
    console.line(f"{view.task_id} is claimed by {claim_text(view)}")


RENDERERS: dict[str, Renderer] = {
    "Lifecycle": render_lifecycle,
    "RunView": render_run,
    "ChangeView": render_change,
    "QuestionView": render_question,
    "LockView": render_lock,
}
