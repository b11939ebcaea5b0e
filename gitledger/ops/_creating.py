"""A task begins: what is asked for becomes one event, whichever command asks, and however many tasks one entry makes."""

from typing import Any

from msgspec import Struct

from gitledger.errors import Conflict, InvalidInput
from gitledger.model import ids
from gitledger.model.events import Fields, TaskCreated
from gitledger.ops import _fields
from gitledger.ops._base import Decision, on, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._world import World

FIRST_STATUS = {"staged": "draft", "light": "queue"}


class Draft(Struct, frozen=True, kw_only=True):
    """A task that is to begin. `parent` is a uid; `fields` are those of `Fields` by name, checked."""

    title: str
    workflow: str
    description: str = ""
    slug: str | None = None
    parent: str | None = None
    relation: str | None = None
    sort: int | None = None
    labels: tuple[str, ...] = ()
    fields: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    meta: dict[str, str | int | bool | None] = {}


def clean_title(text: str) -> str:
    """The title on one line."""
    title = " ".join(require_text(text, "The title", (PROGRAM, "task", "create", "TITLE")).split())
    if len(title) > 300:
        raise InvalidInput(f"The title has {len(title)} characters; the limit is 300. Put the rest in --description.")
    return title


def free_slug(world: World, wanted: str | None, title: str) -> str:
    """A slug that no task of the ledger has: the wanted one, or one made from the title."""
    return Slugs(world).take(wanted, title)


class Slugs:
    """The slugs of the tasks that one entry makes: none that a task of the ledger has, and none twice."""

    def __init__(self, world: World) -> None:
        self._source = world.source
        self._given: set[str] = set()
        # stem → what the ledger has of it, and the number to try next.
        self._stems: dict[str, tuple[set[str], int]] = {}

    def take(self, wanted: str | None, title: str) -> str:
        """The wanted slug, or one made from the title."""
        slug = self._made_from(title) if wanted is None else self._wanted(wanted)
        self._given.add(slug)
        return slug

    def _wanted(self, wanted: str) -> str:
        slug = wanted.strip().lower()
        if not ids.is_slug(slug):
            raise InvalidInput(
                f"{wanted!r} is not a slug: lower-case words and digits joined by '-', at most 60 characters, "
                "not a task number.",
                hint=(PROGRAM, "task", "create", "TITLE", "--slug", ids.slugify(wanted)),
            )
        if slug in self._given or self._source.lookup(slug=slug):
            raise Conflict(f"The slug {slug!r} is taken.", hint=(PROGRAM, "task", "show", slug), blocking_refs=[slug])
        return slug

    def _made_from(self, title: str) -> str:
        stem = ids.slugify(title)
        if not (ids.is_slug(stem) and ids.is_slug(f"{stem}-2")):  # `2024` and `task-2` read as numbers
            stem = f"the-{stem}"
        taken, counter = self._stems.get(stem) or (self._source.taken_slugs(stem), 1)
        slug = stem
        while slug in taken or slug in self._given:
            counter += 1
            slug = f"{stem}-{counter}"
        self._stems[stem] = taken, counter
        return slug


def draft_of(world: World, op: Any, workflow: str) -> Draft:
    """The draft that the options of `op` ask for; options that it does not have are as if not given."""
    title = clean_title(op.title)
    description = "" if workflow == "light" else title
    if op.description is not None:
        description = require_text(op.description, "--description") if workflow == "staged" else op.description
    parent = getattr(op, "parent", None)
    return Draft(
        title=title,
        workflow=workflow,
        description=description.strip("\n"),
        slug=op.slug,
        parent=world.find(parent).uid if parent else None,
        sort=getattr(op, "sort", None),
        labels=tuple(sorted({require_text(label, "--label").strip() for label in op.labels})),
        fields={name: value for name, value in given_fields(world, op).items() if value is not None},
        properties={
            key: value for key, value in _fields.parse_properties(getattr(op, "properties", [])).items() if value is not None
        },
    )


def given_fields(world: World, op: Any) -> dict[str, Any]:
    """The fields that the options of `op` set, by name; None where they clear one. What was not given is not here."""
    readers = {
        "priority": lambda text: None if text.strip().lower() in ("", "none") else _fields.parse_priority(text),
        "owner": lambda text: text.strip() or None,
        "type": lambda text: text.strip(),
        "complexity": _fields.parse_complexity,
        "due": lambda text: _fields.parse_due(text, world.now),
        "schedule": _fields.parse_schedule,
        "summary": lambda text: text.strip(),
    }
    given = {name: getattr(op, name, None) for name in readers}
    return {name: readers[name](value) for name, value in given.items() if value is not None}


def create(world: World, draft: Draft, *, number: int | None = None, slug: str | None = None) -> Decision:
    """The task begins; returns its uid. Who makes several in one entry gives each its number and slug."""
    uid = world.new_uid()
    yield on(
        uid,
        TaskCreated(
            number=number or world.source.top_number() + 1,
            slug=slug or free_slug(world, draft.slug, draft.title),
            title=draft.title,
            description=draft.description,
            status=FIRST_STATUS[draft.workflow],
            workflow=draft.workflow,
            labels=list(draft.labels),
            parent=draft.parent,
            relation=draft.relation,
            sort=draft.sort,
            fields=Fields(**draft.fields),
            properties=draft.properties,
            meta=draft.meta,
        ),
    )
    return uid


def workflow_of_type(world: World, name: str | None) -> str:
    """The workflow of tasks of this type; staged where nothing is said of it."""
    from gitledger.ops._types import schemas_of

    found = schemas_of(world).get(name) if name else None
    return found.says.workflow if found is not None else "staged"


def refuse_blank(value: str | None, option: str) -> None:
    """An option that was given must say something."""
    if value is not None and not value.strip():
        raise InvalidInput(f"{option} must not be empty.", hint=(PROGRAM, "task", "create", "--help"))
