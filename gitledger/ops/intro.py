"""Introductions: what several tasks begin with (a project's rules, the map of a subsystem), written once for the ledger."""

from typing import Annotated, Literal

from gitledger.model import ids
from gitledger.model.events import IntroCreated, IntroLinked
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, in_book, on, opt, require_text
from gitledger.ops._creating import clean_title
from gitledger.ops._facts import PROGRAM
from gitledger.ops._intros import IntroView, find_intro, intro_view, intro_views
from gitledger.ops._task_views import TaskView, task_view
from gitledger.ops._views import View
from gitledger.ops._world import World, next_number


class IntroList(View):
    """The introductions of a ledger, without their bodies."""

    introductions: list[IntroView]
    total: int
    truncated: bool
    kind: Literal["intro_list"] = "intro_list"


class CreateIntro(Operation, frozen=True, kw_only=True):
    """Write an introduction, which contexts of the tasks that are linked to it begin with."""

    command = "intro create"

    title: Annotated[str, arg("What it is called.")]
    text: Annotated[str | None, opt("The text (Markdown).", file="--from-file")] = None

    def decide(self, world: World) -> Decision:
        intros = world.book().intros
        title = clean_title(self.title)
        body = require_text(self.text, "--text", (PROGRAM, "intro", "create", "--help")).strip("\n")
        taken, stem = {intro.slug for intro in intros}, ids.slugify(title)
        slug, counter = stem, 1
        while slug in taken:
            counter += 1
            slug = f"{stem}-{counter}"
        yield in_book(IntroCreated(number=next_number(intros), slug=slug, title=title, body=body))

    def what(self, world: World) -> str:
        return clean_title(self.title)

    def show(self, world: World) -> IntroView:
        return intro_view(world, find_intro(world, world.events[-1].id))


class ListIntros(Operation, frozen=True, kw_only=True):
    """List the introductions of the ledger."""

    command = "intro list"
    writes = False

    def show(self, world: World) -> IntroList:
        found = intro_views(world.book())
        return IntroList(introductions=found, total=len(found), truncated=False)


class ShowIntro(Operation, frozen=True, kw_only=True):
    """Show an introduction."""

    command = "intro show"
    writes = False

    intro: Annotated[str, arg("The introduction: intro-0001, 1, its slug, or part of its id.", metavar="INTRO_REF")]

    def show(self, world: World) -> IntroView:
        return intro_view(world, find_intro(world, self.intro))


class LinkIntro(TaskOperation, frozen=True, kw_only=True):
    """Let a task begin with an introduction; it takes the place of the one before."""

    command = "intro link"

    intro: Annotated[str, arg("The introduction: intro-0001, 1, its slug, or part of its id.", metavar="INTRO_REF")]

    def decide(self, world: World) -> Decision:
        task, intro = self.subject(world), find_intro(world, self.intro)
        if task.introduction != intro.id:
            yield on(task, IntroLinked(intro=intro.id, title=intro.title))

    def what(self, world: World) -> str:
        return world.events[-1].data.title

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


OPERATIONS: tuple[type[Operation], ...] = (CreateIntro, ListIntros, ShowIntro, LinkIntro)
