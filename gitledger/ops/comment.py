"""Comments: remarks on a task, whatever its status; they are added and never changed."""

from typing import Annotated, Literal

from gitledger.model.events import CommentAdded
from gitledger.model.task import Comment, Task
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, require_text
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, View, actor_view, refs_of
from gitledger.ops._world import World, next_number


class CommentView(View):
    """A remark. `kind`: comment, or note (of `task edit --add-note`)."""

    id: str
    event: str
    text: str
    author: ActorView | None
    created_at: str
    kind: str


class Commented(View):
    """The remark that was added."""

    task_id: str
    uid: str
    comment: CommentView
    changed: bool
    kind: Literal["comment_added"] = "comment_added"


class CommentList(View):
    """The remarks on a task, oldest first."""

    task_id: str
    comments: list[CommentView]
    total: int
    truncated: bool
    kind: Literal["comment_list"] = "comment_list"


def comment_views(task: Task) -> list[CommentView]:
    """The remarks on a task, oldest first."""
    refs = refs_of(task.comments)
    return [_comment_view(refs[comment.id], comment) for comment in task.comments]


def _comment_view(ref: str, comment: Comment) -> CommentView:
    return CommentView(
        id=ref,
        event=comment.id,
        text=comment.text,
        author=actor_view(comment.by),
        created_at=comment.at,
        kind=comment.kind,
    )


class AddComment(TaskOperation, frozen=True, kw_only=True):
    """Remark on a task, whatever its status and whoever works on it."""

    command = "comment add"

    text: Annotated[str, arg("The remark (Markdown).")]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        text = require_text(self.text, "TEXT", (PROGRAM, "comment", "add", "--help"))
        yield on(task, CommentAdded(number=next_number(task.comments), text=text))

    def what(self, world: World) -> str:
        return self.text

    def show(self, world: World) -> Commented:
        task = self.subject(world)
        event = next(event for event in world.events if event.type == "comment.added")
        [added] = [view for view in comment_views(task) if view.event == event.id]
        return Commented(task_id=task.id, uid=task.uid, comment=added, changed=world.changed)


class ListComments(TaskOperation, frozen=True, kw_only=True):
    """List the remarks on a task, its free notes among them."""

    command = "comment list"
    writes = False

    def show(self, world: World) -> CommentList:
        task = self.subject(world)
        found = comment_views(task)
        return CommentList(task_id=task.id, comments=found, total=len(found), truncated=False)


OPERATIONS: tuple[type[Operation], ...] = (AddComment, ListComments)
