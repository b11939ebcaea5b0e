"""The files and URLs that belong to a task: for whoever works on it to read, and some that validation needs."""

from typing import Annotated, Literal

from gitledger.model.events import FileAdded, FileRemoved, UrlAdded, UrlRemoved
from gitledger.model.task import Task
from gitledger.ops._base import Decision, Operation, TaskOperation, arg, on, opt
from gitledger.ops._file_links import FileLinkView, clean_path, clean_url, link_id, link_views
from gitledger.ops._task_views import TaskView, task_view
from gitledger.ops._views import View
from gitledger.ops._world import World

Kind = Literal["code", "test", "doc", "config", "dir", "directory", "artifact", "other"]


class FileLinks(View):
    """The files and URLs of a task."""

    task_id: str
    file_links: list[FileLinkView]
    total: int
    truncated: bool
    kind: Literal["task_file_links"] = "task_file_links"


def _links(world: World, task: Task) -> FileLinks:
    found = link_views(task)
    return FileLinks(task_id=task.id, file_links=found, total=len(found), truncated=False)


class _Linking(TaskOperation, frozen=True, kw_only=True):
    """What the commands that change links share: their answer is the task."""

    def show(self, world: World) -> TaskView:
        return task_view(world, self.subject(world))


# ---------------------------------------------------------------------------------------------- files


class AddFile(_Linking, frozen=True, kw_only=True):
    """Link a file or folder of the repository to a task, or change what is said of it.

    With --required-for-validation it has to be in the source tree before a validation can pass.
    """

    command = "file add"

    path: Annotated[str, opt("The path, from the top of the work tree.", metavar="PATH")]
    kind: Annotated[Kind, opt("What it is; directory is the same as dir.")] = "code"
    label: Annotated[str | None, opt("What it is for, in a few words.")] = None
    required_for_validation: Annotated[bool, opt("A validation passes only while it is there.")] = False

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        added = FileAdded(
            path=clean_path(self.path),
            kind="dir" if self.kind == "directory" else self.kind,
            label=(self.label or "").strip() or None,
            required=self.required_for_validation,
        )
        known = next((link for link in task.files if link.path == added.path), None)
        if known is None or any(getattr(known, name) != getattr(added, name) for name in ("kind", "label", "required")):
            yield on(task, added)

    def what(self, world: World) -> str:
        return self.path


class RemoveFile(_Linking, frozen=True, kw_only=True):
    """Unlink a file from a task; where it is not linked, nothing happens. The file itself stays."""

    command = "file remove"

    path: Annotated[str, opt("The path, or the link's id.", metavar="PATH")]

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        wanted = self.path.strip()
        names = {wanted} if wanted.startswith("link-") else {wanted, clean_path(wanted)}
        for link in task.files:
            if names & {link.path, link_id(link.path)}:
                yield on(task, FileRemoved(path=link.path))

    def what(self, world: World) -> str:
        return self.path


class ListFiles(TaskOperation, frozen=True, kw_only=True):
    """List the files and URLs that a task is linked to."""

    command = "file list"
    writes = False

    def show(self, world: World) -> FileLinks:
        return _links(world, self.subject(world))


# ---------------------------------------------------------------------------------------------- URLs


class AddLink(_Linking, frozen=True, kw_only=True):
    """Link a URL to a task, or change its label."""

    command = "link add"

    url: Annotated[str, opt("The address.", metavar="URL")]
    label: Annotated[str | None, opt("What it is, in a few words.")] = None

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        added = UrlAdded(url=clean_url(self.url), label=(self.label or "").strip() or None)
        known = next((link for link in task.urls if link.url == added.url), None)
        if known is None or known.label != added.label:
            yield on(task, added)

    def what(self, world: World) -> str:
        return self.url


class RemoveLink(_Linking, frozen=True, kw_only=True):
    """Unlink a URL, or a file, from a task; where it is not linked, nothing happens."""

    command = "link remove"

    link: Annotated[str, arg("The address, the path, or the link's id.", metavar="LINK_REF")]

    def decide(self, world: World) -> Decision:
        task, wanted = self.subject(world), self.link.strip()
        for url in task.urls:
            if wanted in (url.url, link_id(url.url)):
                yield on(task, UrlRemoved(url=url.url))
        for file in task.files:
            if wanted in (file.path, link_id(file.path)):
                yield on(task, FileRemoved(path=file.path))

    def what(self, world: World) -> str:
        return self.link


class ListLinks(TaskOperation, frozen=True, kw_only=True):
    """List the files and URLs that a task is linked to, as `file list` does."""

    command = "link list"
    writes = False

    def show(self, world: World) -> FileLinks:
        return _links(world, self.subject(world))


OPERATIONS: tuple[type[Operation], ...] = (AddFile, RemoveFile, ListFiles, AddLink, RemoveLink, ListLinks)
