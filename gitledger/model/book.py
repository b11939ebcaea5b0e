"""The book: what belongs to the ledger and to no task."""

from msgspec import Struct


class Workspace(Struct, omit_defaults=True):
    """A named tag filter."""

    name: str
    description: str = ""
    tags: list[str] = []
    memory_tags: list[str] = []
    repos: list[str] = []
    conventions: list[str] = []


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
    unknown: list[str] = []
    heads: list[str] = []
    clock: int = 0
