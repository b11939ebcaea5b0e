"""Dependencies for people."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import box, show_next
from gitledger.cli.text import count, one_line


def _kind(type_: str | None, unblock_at: str | None) -> str:
    """What is particular about a dependency: nothing where it blocks until the end."""
    if type_ != "blocks":
        return (type_ or "").replace("_", " ")
    return "" if unblock_at == "done" else f"until {unblock_at}"


def render_change(view: Any, op: Any, console: Console) -> None:
    """What depends on what now, or no longer."""
    if not view.dependencies:
        console.line("nothing changed")
    word = "no longer depends on" if op.command == "dep remove" else "depends on"
    for one in view.dependencies:
        about = _kind(one.type, one.unblock_at)
        console.line(f"{one.task_id} {word} {one.depends_on_id}", Styled(f"  ({about})" if about else "", "dim"))


def render_list(view: Any, op: Any, console: Console) -> None:
    """Both directions, each under its heading."""
    for direction, title in (("depends_on", "depends on"), ("needed_by", "is needed by")):
        found = [one for one in view.dependencies if one.direction == direction]
        if found:
            console.line(f"{view.task_id} {title}")
            console.table([_row(one, direction, console) for one in found], grow=2, indent=2)
    if not view.dependencies:
        console.line(f"{view.task_id} depends on nothing, and nothing on it")
    elif view.truncated:
        console.line(Styled(f"{len(view.dependencies)} of {view.total}", "dim"))


def _row(one: Any, direction: str, console: Console) -> list[Cell]:
    far = "depends_on" if direction == "depends_on" else "task"
    waived = " waived" if one.waived else ""
    return [
        f"{box(one.satisfied)} {getattr(one, far + '_id')}",
        console.status(getattr(one, far + "_status") or "not here"),
        getattr(one, far + "_title") or "",
        Styled(_kind(one.type, one.unblock_at) + waived, "dim"),
    ]


def render_tree(view: Any, op: Any, console: Console) -> None:
    """The tasks indented by how far away they are."""
    for node in view.nodes:
        mark = "" if node.satisfied is None else box(node.satisfied) + " "
        about = " ".join(part for part in (_kind(node.type, node.unblock_at), "(see above)" if node.repeated else "") if part)
        status = console.status(node.status or "not here")
        title = one_line(node.title or "")
        console.line("  " * node.depth, mark, node.id, "  ", status, "  ", title, Styled(f"  {about}" if node.type and about else "", "dim"))
    if view.truncated:
        console.line(Styled(f"the first {count(len(view.nodes), 'task')}", "dim"))


def render_circles(view: Any, op: Any, console: Console) -> None:
    """Each circle on a line."""
    if not view.cycles:
        console.line("no circles")
        return
    for circle in view.cycles:
        console.line(Styled(" → ".join([*circle.tasks, circle.tasks[0]]), "red"))
    if view.truncated:
        console.line(Styled(f"{len(view.cycles)} of {view.total}", "dim"))
    show_next(view.next_command, console)


RENDERERS: dict[str, Renderer] = {
    "DependencyChange": render_change,
    "DependencyList": render_list,
    "DependencyTree": render_tree,
    "CircleList": render_circles,
}
