"""Introductions: texts of the ledger that several tasks begin with; how they are named and shown."""

from gitledger.model.book import Book, Intro
from gitledger.model.task import Task
from gitledger.ops._facts import PROGRAM
from gitledger.ops._naming import item_named
from gitledger.ops._views import ActorView, View, actor_view, refs_of
from gitledger.ops._world import World


class IntroView(View):
    """An introduction. Without `body` where only the list was asked for; `title` is empty where it is not in this ledger."""

    id: str
    slug: str
    title: str
    created_at: str | None
    created_by: ActorView | None
    body: str | None = None
    labels: list[str] = []
    event: str = ""


def intro_views(book: Book) -> list[IntroView]:
    """The introductions of a ledger, without their bodies."""
    refs = refs_of(book.intros)
    return [_intro_view(refs[intro.id], intro) for intro in book.intros]


def intro_view(world: World, intro: Intro) -> IntroView:
    """An introduction with its body."""
    body = world.book_text(intro.file).removesuffix("\n")
    return _intro_view(refs_of(world.book().intros)[intro.id], intro, body)


def _intro_view(ref: str, intro: Intro, body: str | None = None) -> IntroView:
    return IntroView(
        id=ref,
        slug=intro.slug,
        title=intro.title,
        created_at=intro.at,
        created_by=actor_view(intro.by),
        body=body,
        event=intro.id,
    )


def intro_ref(book: Book, intro_id: str) -> str:
    """`intro-0001` for the id of its event; `intro.` and part of that, where it is not in this ledger."""
    return refs_of(book.intros).get(intro_id, f"intro.{intro_id[:6]}")


def introduction_of(world: World, task: Task) -> IntroView | None:
    """The introduction of a task with its body; one that came with the task from another ledger has an id alone."""
    if task.introduction is None:
        return None
    intro = next((intro for intro in world.book().intros if intro.id == task.introduction), None)
    if intro is not None:
        return intro_view(world, intro)
    return IntroView(
        id=intro_ref(world.book(), task.introduction),
        slug="",
        title="",
        created_at=None,
        created_by=None,
        body="(It is not in this ledger.)",
        event=task.introduction,
    )


def find_intro(world: World, reference: str) -> Intro:
    """The one introduction that `reference` names: `intro-0001`, 1, its slug, or part of its id."""
    intros, text = world.book().intros, reference.strip().lower()
    by_slug = [intro for intro in intros if intro.slug == text]
    if len(by_slug) == 1:
        return by_slug[0]
    return item_named(intros, "intro", text, f"Ledger {world.ledger}", (PROGRAM, "intro", "list"))
