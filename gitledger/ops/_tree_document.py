"""The document of `tree create`: tasks with their parts, notes and dependencies, as a program writes them down."""

from typing import Any, Literal

from msgspec import Struct, field

from gitledger.ops._dependencies import Kind, UnblockAt
from gitledger.ops.note import Role


class NewNote(Struct, frozen=True, forbid_unknown_fields=True):
    """A note of a new task."""

    key: str
    body: str = ""
    role: Role = "queue"


class NewTask(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A task of the document. `ref` is its name in there; `parent` a ref that stands before it, or a task of the ledger.

    `depends_on` are refs, or tasks of the ledger, that come first.
    """

    title: str
    ref: str | None = None
    description: str | None = None
    summary: str | None = None
    slug: str | None = None
    workflow: Literal["light", "staged"] | None = None
    type: str | None = None
    priority: str | None = None
    complexity: int | None = None
    owner: str | None = None
    labels: list[str] = []
    due: str | None = None
    schedule: str | None = None
    properties: dict[str, Any] = {}
    sort: int | None = None
    parent: str | None = None
    depends_on: list[str] = []
    notes: list[NewNote] = []
    children: list["NewTask"] = []


class NewDependency(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`to` waits for `from`: refs of the document, or tasks of the ledger."""

    from_: str = field(name="from")
    to: str
    type: Kind = "blocks"
    unblock_at: UnblockAt = "done"


class TreeDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `tree create` takes: one root, or several tasks, and the dependencies among them that no task names itself."""

    root: NewTask | None = None
    tasks: list[NewTask] = []
    dependencies: list[NewDependency] = []
