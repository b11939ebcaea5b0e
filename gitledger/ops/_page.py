"""The page of a worker's context: what it is about, its headings in order, and how text of others stands in it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from msgspec import Struct

from gitledger.model.task import Run, Task, Todo
from gitledger.ops._base import TaskOperation
from gitledger.ops._contexts import CAUTION, Role
from gitledger.ops._world import World

NONE = ["- none"]


class Subject(Struct, frozen=True):
    """What a context is about: the task, for which role, on which todo or run, and who asked (`op`)."""

    world: World
    task: Task
    role: Role
    todo: Todo | None
    op: TaskOperation
    run: Run | None = None

    @property
    def scope(self) -> Literal["task", "todo", "run"]:
        """What of the task it is about."""
        return "run" if self.run is not None else "todo" if self.todo is not None else "task"


Lines = list[str]
Section = Callable[[Subject], Lines]


def render(subject: Subject, sections: Mapping[str, Section]) -> str:
    """The whole context as Markdown. `sections` are functions by heading."""
    blocks = [f"# {subject.role.title}: {one_line(subject.task.title)}", f"> {CAUTION}"]
    for heading in headings(subject):
        lines = sections[heading](subject)
        if lines != NONE or heading not in subject.role.if_any:
            blocks.append(section_text(heading, lines))
    return "\n\n".join(blocks) + "\n"


def section_text(heading: str, lines: Lines) -> str:
    """A section under its heading."""
    return "\n".join([f"## {heading}", "", *map(_guarded, lines)])


def headings(subject: Subject) -> list[str]:
    """The headings of the role; with a focused todo, that in place of the checklist."""
    found: list[str] = []
    for heading in subject.role.sections:
        if subject.todo is not None and heading in ("Todo Checklist", "Todo Completion Summary"):
            found += ["Focused Todo", "Other Todo Summary"]
        else:
            found.append(heading)
    return found


# ---------------------------------------------------------------------------------------------- text of others


class Verbatim(str):
    """Text of others that stands as it is: a description, the body of a plan, a summary."""


def _guarded(line: str) -> str:
    """A line of a section. Only what is verbatim may begin further lines at the margin, where headings are."""
    return line if isinstance(line, Verbatim) else "\n  ".join(line.splitlines())


def one_line(text: str) -> str:
    """Text of others where one line is due."""
    return " ".join(text.split())


def listed(items: Iterable[str]) -> Lines:
    """The items as a list; `- none` where there are none."""
    return [f"- {item.strip()}" for item in items] or NONE
