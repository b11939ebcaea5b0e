"""Commits of a task for people: a list with where each stands, and what became of links."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_command
from gitledger.cli.text import count, moment, one_line


def render_list(view: Any, op: Any, console: Console) -> None:
    """The commits, one to a line."""
    if not view.commits:
        console.line(f"{view.task_id} has no commits")
        return
    console.table([_row(commit, view, console) for commit in view.commits], grow=1)
    if view.truncated:
        console.line(Styled(f"{len(view.commits)} of {count(view.total, 'commit')}; --limit 0 shows all", "dim"))


def _row(commit: Any, view: Any, console: Console) -> list[Cell]:
    return [
        Styled(commit.short, "yellow"),
        commit.subject,
        known(commit),
        ", ".join(commit.known_from),
        _stands(commit, view.default_branch),
        Styled(moment(commit.authored_at or commit.at), "dim"),
    ]


def known(item: Any) -> Styled:
    """Whether it is recorded or only claimed."""
    return Styled(item.known, "green" if item.known == "recorded" else "yellow")


def _stands(commit: Any, default_branch: str | None) -> Styled:
    if not commit.exists:
        return Styled("not here", "red")
    if not commit.reachable:
        return Styled("on no branch", "red")
    if not commit.merged:
        return Styled("not merged", "")
    return Styled(f"in {default_branch}" if default_branch else "merged", "")


def render_linked(view: Any, op: Any, console: Console) -> None:
    """Commits that are linked now."""
    for commit in view.commits:
        word = "linked" if view.changed else "linked already:"
        console.line(f"{word} {commit.short} to {view.task_id}  {one_line(commit.subject)}")


def render_unlinked(view: Any, op: Any, console: Console) -> None:
    """Commits that are linked no more."""
    for commit in view.commits:
        console.line(f"unlinked {commit[:10]} from {view.task_id}")


def render_scanned(view: Any, op: Any, console: Console) -> None:
    """What the messages said."""
    word = "would link" if view.dry_run else "linked"
    for link in view.linked:
        console.line(f"{word} {link.short} to {link.task_id}  {one_line(link.subject)}")
    for item in view.ambiguous:
        said = ", ".join(uid[:8] for uid in item.candidates)
        console.line(
            Styled("ambiguous ", "yellow"),
            f"{item.short} names {item.named}, which is {said}  {one_line(item.subject)}",
        )
    for item in view.unknown:
        console.line(Styled("unknown ", "yellow"), f"{item.short} names {item.named}  {one_line(item.subject)}")
    _not_all(view, console)
    known_already = [f"{view.known} linked before"] if view.known else []
    withdrawn = [f"{view.withdrawn} unlinked by hand"] if view.withdrawn else []
    console.line(Styled(", ".join([count(view.scanned, "commit"), *known_already, *withdrawn]), "dim"))


def render_reconciled(view: Any, op: Any, console: Console) -> None:
    """What became of links to rewritten commits."""
    for move in view.moved:
        olds = ", ".join(old[:10] for old in move.replaced) or "beside what it was made of"
        word = "would lead" if view.dry_run else "now leads"
        console.line(
            f"{move.task_id}: {olds} {word} to {move.short}  {one_line(move.subject)}  ", Styled(f"by {move.by}", "dim")
        )
    for stray in view.ambiguous:
        said = ", ".join(commit[:10] for commit in stray.candidates)
        console.line(
            Styled("ambiguous ", "yellow"), f"{stray.task_id}: {stray.short} may be {said}  {one_line(stray.subject)}"
        )
        show_command(stray.command, console, label="see: ")
    for stray in view.lost:
        console.line(
            Styled("lost ", "yellow"), f"{stray.task_id}: no branch leads to {stray.short}  {one_line(stray.subject)}"
        )
        show_command(stray.command, console, label="if so: ")
    if view.absent:
        console.line(
            Styled(f"{count(view.absent, 'linked commit')} not in this repository; perhaps not pushed yet", "dim")
        )
    _not_all(view, console)
    if view.notes_written and not view.moved:
        console.line(f"wrote {count(view.notes_written, 'note')}")
    elif not (view.moved or view.ambiguous or view.lost or view.absent):
        console.line("every link leads to a commit that is there")


def _not_all(view: Any, console: Console) -> None:
    if not view.complete:
        console.line(
            Styled("only the newest of these commits were looked at; name a smaller RANGE for the others", "yellow")
        )


def render_notes(view: Any, op: Any, console: Console) -> None:
    """How many notes were written."""
    console.line(f"wrote {count(view.notes_written, 'note')} of {count(view.commits, 'linked commit')} in {view.ref}")


RENDERERS: dict[str, Renderer] = {
    "CommitList": render_list,
    "CommitsLinked": render_linked,
    "CommitsUnlinked": render_unlinked,
    "CommitsScanned": render_scanned,
    "CommitsReconciled": render_reconciled,
    "NotesWritten": render_notes,
}
