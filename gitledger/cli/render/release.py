"""Releases for people."""

from typing import Any

from gitledger.cli.console import Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import actor_name, show_json
from gitledger.cli.text import count, moment, one_line


def render_shown(view: Any, op: Any, console: Console) -> None:
    """Which release it is; all that is known of it where it was asked for."""
    release, boundary = view.release, view.boundary_task
    if op.command == "release tag":
        console.line(f"tagged release {release.version} at {release.boundary_task_id}")
        return
    console.line(Styled(f"release {release.version}", "bold"))
    console.fields(
        [
            ("last task", f"{release.boundary_task_id} {boundary.title or '(not in this ledger)'}"),
            ("tagged", f"{moment(release.created_at)} by {actor_name(release.created_by) or 'somebody'}"),
            ("note", release.note),
            ("changelog", release.changelog_file),
            ("previous", release.previous_version),
            ("tasks done since", release.task_count),
        ],
        indent=2,
    )


def render_list(view: Any, op: Any, console: Console) -> None:
    """Each release on a line."""
    if not view.releases:
        console.line("this ledger has no releases")
        return
    rows = [
        [
            Styled(release.version, "bold"),
            release.boundary_task_id,
            "" if release.task_count is None else count(release.task_count, "task"),
            one_line(release.note or ""),
            Styled(moment(release.created_at), "dim"),
        ]
        for release in view.releases
    ]
    console.table(rows, grow=3)


def render_changelog(view: Any, op: Any, console: Console) -> None:
    """The source of the changelog as Markdown or bare JSON; where it went, if that is a file."""
    if op.output is not None:
        console.line(f"wrote {one_line(op.output)}: {count(view.task_count, 'task')}")
    elif op.format == "json":
        show_json(view, console)
    else:
        console.text(view.content)


RENDERERS: dict[str, Renderer] = {
    "ReleaseShown": render_shown,
    "ReleaseList": render_list,
    "ReleaseChangelog": render_changelog,
}
