"""What several nouns show: todos, questions, plans, runs, claims, actors."""

from collections.abc import Sequence
from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer, given, plain
from gitledger.cli.text import count, moment, one_line, truncate


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


def link_row(link: Any) -> list[Cell]:
    """A file or URL that a task is linked to, on one line."""
    required = Styled("required for validation", "yellow") if link.required_for_validation else ""
    return [link.path, link.kind, one_line(link.label or ""), required, Styled(link.link_id, "dim")]


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


def render_lock(view: Any, op: Any, console: Console) -> None:
    """A claim."""
    console.line(f"{view.task_id} is claimed by {claim_text(view)}")


RENDERERS: dict[str, Renderer] = {"LockView": render_lock}
