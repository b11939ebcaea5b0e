"""The commands that answers recommend: argument lists about a task, spelled as who asked has to type them."""

from typing import Any

from gitledger.errors import command_line
from gitledger.model.task import Task
from gitledger.ops._base import TaskOperation
from gitledger.ops._facts import PROGRAM, Blocker

Argv = tuple[str, ...]


def on_task(task: Task, *words: str) -> Argv:
    """A command on this task."""
    return (PROGRAM, *words, "--task", task.id)


def aimed(argv: Argv, task: Task, op: TaskOperation) -> Argv:
    """The command as who asked has to type it: with --task only where `op` named the task, and by that name."""
    if argv[-2:] != ("--task", task.id):
        return argv
    return (*argv[:-2], *(("--task", op.task) if op.task else ()))


def line_of(argv: Argv, task: Task, op: TaskOperation) -> str:
    """The command, aimed, as one line for a shell."""
    return command_line(aimed(argv, task, op))


def next_line(op: Any, *words: str) -> str:
    """A command to go on with, as one line; it names the task where `op` did."""
    return command_line((PROGRAM, *words, *(("--task", op.task) if op.task else ())))


def shown_blocker(blocker: Blocker, task: Task, op: TaskOperation) -> dict[str, Any]:
    """The blocker as reports print it, its command as who asked has to type it."""
    shown = blocker.to_dict()
    if blocker.command:
        shown["command_hint"] = line_of(blocker.command, task, op)
    return shown
