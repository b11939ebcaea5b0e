"""Releases: a version is tagged at the last task that went into it, and changelogs are written from what lies between."""

from typing import Annotated, Literal

import re

from gitledger.errors import Conflict, InvalidInput, Refused
from gitledger.model import ids
from gitledger.model.book import Release
from gitledger.model.events import ReleaseTagged
from gitledger.model.task import Row
from gitledger.ops._base import Decision, Operation, arg, in_book, opt
from gitledger.ops._changelog import Span, changelog_page
from gitledger.ops._facts import PROGRAM
from gitledger.ops._releases import (
    ChangedTask,
    OmittedTask,
    ReleaseList,
    ReleaseShown,
    boundary_number,
    changed_task,
    find_release,
    omitted,
    release_shown,
    release_view,
    releases_in_order,
    rows_between,
    why_omitted,
)
from gitledger.ops._views import View
from gitledger.ops._world import World

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


def _clean_version(text: str, verb: str) -> str:
    version = text.strip()
    if not _VERSION.fullmatch(version):
        raise InvalidInput(
            f"{version[:40]!r} is not a version: letters, digits, `.`, `_`, `+` and `-`, and a letter or digit first.",
            hint=(PROGRAM, "release", verb, "--help"),
        )
    return version


def _done(world: World, reference: str) -> Row:
    """The done task that `reference` names."""
    row = world.find(reference)
    if row.status != "done":
        raise Refused(
            f"{row.id} is {row.status}; a release ends with a task that is done.",
            hint=(PROGRAM, "next-action", row.id),
            task_id=row.id,
        )
    return row


class TagRelease(Operation, frozen=True, kw_only=True):
    """Tag a release at the last task that goes into it, which is done. Tasks are in a release by their numbers."""

    command = "release tag"

    version: Annotated[str, arg("The version, like 1.4.0.")]
    at_task: Annotated[str, opt("The last task that goes into it: task-0030, 30, its slug or its uid.")]
    note: Annotated[str | None, opt("What to say of it.", is_input=True)] = None
    changelog_file: Annotated[str | None, opt("The file that its changelog is in; it is only written down.", metavar="PATH")] = None

    def decide(self, world: World) -> Decision:
        version = _clean_version(self.version, "tag")
        if any(release.version == version for release in world.book().releases):
            raise Conflict(
                f"Release {version} is tagged already.",
                hint=(PROGRAM, "release", "show", version),
                blocking_refs=[version],
            )
        row = _done(world, self.at_task)
        before = [release for release in releases_in_order(world) if boundary_number(world, release) < row.number]
        previous = before[-1] if before else None
        yield in_book(
            ReleaseTagged(
                version=version,
                boundary=row.uid,
                number=row.number,
                note=(self.note or "").strip() or None,
                changelog_file=(self.changelog_file or "").strip() or None,
                previous=previous.version if previous else None,
                task_count=_done_between(world, previous, row) if previous else None,
            )
        )

    def what(self, world: World) -> str:
        return f"{self.version} {self.note or ''}".strip()

    def show(self, world: World) -> ReleaseShown:
        return release_shown(world, find_release(world, self.version), [event.id for event in world.events])


def _done_between(world: World, previous: Release, row: Row) -> int:
    rows = rows_between(world, boundary_number(world, previous), row.number)
    return sum(why_omitted(between) is None for between in rows)


class ListReleases(Operation, frozen=True, kw_only=True):
    """List the releases, in the order of the last tasks that went into them."""

    command = "release list"
    writes = False

    def show(self, world: World) -> ReleaseList:
        found = [release_view(world, release) for release in releases_in_order(world)]
        return ReleaseList(releases=found, total=len(found), truncated=False)


class ShowRelease(Operation, frozen=True, kw_only=True):
    """Show a release."""

    command = "release show"
    writes = False

    version: Annotated[str, arg("The version.")]

    def show(self, world: World) -> ReleaseShown:
        return release_shown(world, find_release(world, self.version), [])


# ---------------------------------------------------------------------------------------------- the changelog


class ReleaseChangelog(View):
    """What a changelog is written from; `content` is the same as Markdown, for whoever writes it."""

    version: str
    ledger_ref: str
    since_version: str | None
    since_task_id: str
    until_task_id: str | None
    task_count: int
    omitted_task_count: int
    tasks: list[ChangedTask]
    omitted_tasks: list[OmittedTask]
    content: str
    format: str
    output_path: str | None
    kind: Literal["release_changelog_context"] = "release_changelog_context"

    def written(self) -> tuple[str, str] | None:
        """The file that a face has to write: path and text."""
        if self.output_path is None:
            return None
        return self.output_path, self.content if self.format == "markdown" else _as_json(self)


def _as_json(view: View) -> str:
    from msgspec import json

    return json.format(json.encode(view), indent=2).decode() + "\n"


class ShowChangelog(Operation, frozen=True, kw_only=True):
    """Gather what a changelog is written from: the done tasks since a release, or since a task.

    It reaches to --until-task, else to the last task of VERSION where that is tagged, else to the last one that is done.
    """

    command = "release changelog"
    writes = False

    version: Annotated[str, arg("The version that the changelog is for.")]
    since: Annotated[str | None, opt("The release before it.", metavar="VERSION")] = None
    since_task: Annotated[str | None, opt("The last task that was in the release before it.", metavar="TASK")] = None
    until_task: Annotated[str | None, opt("The last task that is in it.", metavar="TASK")] = None
    format: Annotated[Literal["markdown", "json"], opt("How it is given.")] = "markdown"
    output: Annotated[str | None, opt("Write it to this file.", metavar="PATH", output=True)] = None
    overwrite: Annotated[bool, opt("Replace the file if it is there.")] = False

    def show(self, world: World) -> ReleaseChangelog:
        version = _clean_version(self.version, "changelog")
        if (self.since is None) == (self.since_task is None):
            raise InvalidInput(
                "Give either --since VERSION or --since-task TASK.", hint=(PROGRAM, "release", "changelog", "--help")
            )
        release = find_release(world, self.since) if self.since is not None else None
        lower = boundary_number(world, release) if release else _done(world, self.since_task or "").number
        upper = self._upper(world, version, lower)
        rows = rows_between(world, lower, upper)
        tasks = [changed_task(world, world.task(row.uid)) for row in rows if why_omitted(row) is None]
        left_out = [omitted(row, reason) for row in rows if (reason := why_omitted(row)) is not None]
        span = Span(
            version=version,
            ledger_ref=world.ledger,
            since_version=release.version if release else None,
            since_task_id=ids.task_id(lower),
            until_task_id=ids.task_id(upper) if upper > lower else None,
        )
        return ReleaseChangelog(
            version=span.version,
            ledger_ref=span.ledger_ref,
            since_version=span.since_version,
            since_task_id=span.since_task_id,
            until_task_id=span.until_task_id,
            task_count=len(tasks),
            omitted_task_count=len(left_out),
            tasks=tasks,
            omitted_tasks=left_out,
            content=changelog_page(span, tasks, left_out),
            format=self.format,
            output_path=self.output,
        )

    def _upper(self, world: World, version: str, lower: int) -> int:
        """The number of the last task that is in it."""
        tagged = next((release for release in world.book().releases if release.version == version), None)
        if self.until_task is not None:
            upper = _done(world, self.until_task).number
        elif tagged is not None:
            upper = boundary_number(world, tagged)
        else:
            done = (row.number for row in world.source.rows(archived=True) if row.status == "done")
            return max((lower, *done))
        if upper < lower:
            raise InvalidInput(
                f"The range ends with {ids.task_id(upper)}, before it begins after {ids.task_id(lower)}.",
                hint=(PROGRAM, "release", "list"),
            )
        return upper


OPERATIONS: tuple[type[Operation], ...] = (TagRelease, ListReleases, ShowRelease, ShowChangelog)
