"""A report on a task for people: Markdown, of the sections that are wanted."""

from typing import Annotated, Literal

from gitledger.errors import InvalidInput
from gitledger.model.task import Task
from gitledger.ops._base import Operation, TaskOperation, opt
from gitledger.ops._contexts import FULL
from gitledger.ops._facts import PROGRAM
from gitledger.ops._page import Subject, one_line, section_text
from gitledger.ops._report_sections import PRESETS, SECTIONS, event_lines, is_empty
from gitledger.ops._views import View
from gitledger.ops._world import World

_HELP = (PROGRAM, "task", "report", "--help")


class TaskReport(View):
    """A report on a task; `content` is Markdown. `output_path` is the file it was written to."""

    task_id: str
    title: str
    format: str
    preset: str
    sections: list[str]
    content: str
    output_path: str | None
    kind: Literal["task_report"] = "task_report"

    def written(self) -> tuple[str, str] | None:
        """The file that a face has to write: path and text."""
        return (self.output_path, self.content) if self.output_path is not None else None


class ReportTask(TaskOperation, frozen=True, kw_only=True):
    """Report on a task for people, in Markdown.

    A preset names the sections: summary, planning, implementation, validation, full (all but the events) or
    archive (all). --section takes others in place of a preset's, --include adds, --without leaves out. The
    sections are summary, description, relationships, requirements, files, questions, plans, accepted-plan,
    acceptance-criteria, todos, implementation, changes, validation, locks, events and next-action.
    """

    command = "task report"
    writes = False

    output: Annotated[str | None, opt("Write it to this file.", short="-o", metavar="PATH", output=True)] = None
    overwrite: Annotated[bool, opt("Replace the file if it is there.")] = False
    format: Annotated[Literal["markdown", "json"], opt("How it is given; json holds the Markdown as `content`.")] = (
        "markdown"
    )
    preset: Annotated[
        Literal["summary", "planning", "implementation", "validation", "full", "archive"], opt("Which sections.")
    ] = "full"
    section: Annotated[list[str], opt("Only this section; may be given more than once.")] = []
    include: Annotated[list[str], opt("This section too; may be given more than once.")] = []
    without: Annotated[list[str], opt("Not this section; may be given more than once.")] = []
    events_limit: Annotated[int, opt("How many events, the last ones (0: all).")] = 50
    include_empty: Annotated[bool, opt("Keep the sections in which there is nothing.")] = True

    def show(self, world: World) -> TaskReport:
        names = self._names()
        if self.events_limit < 0:
            raise InvalidInput("--events-limit must not be negative.", hint=_HELP)
        task = self.subject(world)
        return TaskReport(
            task_id=task.id,
            title=task.title,
            format=self.format,
            preset=self.preset,
            sections=names,
            content=self._content(world, task, names),
            output_path=self.output,
        )

    def _names(self) -> list[str]:
        """The sections that are wanted, in the order of a report."""
        if self.preset not in PRESETS:
            raise InvalidInput(f"There is no preset {self.preset!r}; known are {', '.join(PRESETS)}.", hint=_HELP)
        given = {option: _split(getattr(self, option)) for option in ("section", "include", "without")}
        unknown = [name for names in given.values() for name in names if name not in SECTIONS]
        if unknown:
            raise InvalidInput(f"There is no section {unknown[0][:80]!r}; known are {', '.join(SECTIONS)}.", hint=_HELP)
        wanted = {*(given["section"] or PRESETS[self.preset]), *given["include"]} - set(given["without"])
        return [name for name in SECTIONS if name in wanted]

    def _content(self, world: World, task: Task, names: list[str]) -> str:
        subject = Subject(world, task, FULL, None, self)
        blocks = [f"# Task {task.id} — {one_line(task.title)}"]
        for name in names:
            heading, section = SECTIONS[name]
            lines = event_lines(subject, self.events_limit) if name == "events" else section(subject)
            if self.include_empty or not is_empty(name, lines, task):
                blocks.append(section_text(heading, lines))
        return "\n\n".join(blocks) + "\n"


def _split(names: list[str]) -> list[str]:
    return [name.strip() for item in names for name in item.split(",") if name.strip()]


OPERATIONS: tuple[type[Operation], ...] = (ReportTask,)
