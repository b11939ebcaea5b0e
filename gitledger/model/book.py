"""The book: what belongs to the ledger and to no task."""

from msgspec import Struct

from gitledger.model import ids
from gitledger.model.task import Actor


class Workspace(Struct, omit_defaults=True):
    """A named tag filter."""

    name: str
    description: str = ""
    tags: list[str] = []
    memory_tags: list[str] = []
    repos: list[str] = []
    conventions: list[str] = []


class Intro(Struct, omit_defaults=True):
    """A text that several tasks begin with. Its body is the text file named by `file`, in the book."""

    id: str
    number: int
    slug: str
    title: str
    at: str
    by: Actor
    file: str

    @property
    def ref(self) -> str:
        return ids.item_id("intro", self.number)


class Release(Struct, omit_defaults=True):
    """A version and the last task that went into it: `boundary` is its uid, `number` the one that it had then.

    `task_count` is how many tasks were done since the release `previous`.
    """

    id: str
    version: str
    boundary: str
    number: int
    at: str
    by: Actor
    note: str | None = None
    changelog_file: str | None = None
    previous: str | None = None
    task_count: int | None = None


class Book(Struct, omit_defaults=True, kw_only=True):
    """The ledger's own record. `closed_reason` is set while it takes no writes."""

    uid: str = ""
    name: str = ""
    created_at: str = ""
    origin: str | None = None
    origin_tip: str | None = None
    number_floor: int = 0
    closed_at: str | None = None
    closed_reason: str | None = None
    workspaces: list[Workspace] = []
    intros: list[Intro] = []
    releases: list[Release] = []
    unknown: list[str] = []
    heads: list[str] = []
    clock: int = 0
