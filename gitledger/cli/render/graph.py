"""The graph for people: as lines, or as text for Graphviz, Mermaid or a program."""

from typing import Any

from gitledger.cli.console import Cell, Console, Styled
from gitledger.cli.render import Renderer
from gitledger.cli.render._views import show_json
from gitledger.cli.text import count


def render_graph(view: Any, op: Any, console: Console) -> None:
    """Each task with what waits for it; then the longest way."""
    if view.format == "json":
        show_json(view, console)
        return
    if view.text is not None:
        console.text(view.text)
        return
    nodes, after = view.graph.nodes, _after(view)
    if not nodes:
        console.line("no unfinished task depends on another")
        return
    rows: list[list[Cell]] = [
        [
            Styled(node.id, "bold" if node.critical else ""),
            console.status("blocked" if node.role == "blocked" else node.status),
            node.title,
            Styled("→ " + ", ".join(after[node.uid]) if after.get(node.uid) else "", "dim"),
        ]
        for node in nodes
    ]
    console.table(rows, grow=2)
    if view.omitted:
        console.line(Styled(f"and {count(view.omitted, 'more task')}", "dim"))
    path = view.critical_path
    if path.tasks:
        console.line()
        console.line(Styled("critical path: ", "dim"), " → ".join(path.tasks), Styled(f"  (weight {path.weight})", "dim"))
    if view.cycles:
        console.line(Styled(f"{count(view.cycles, 'circle')} of tasks waiting for each other: gitledger dep cycles", "red"))


def _after(view: Any) -> dict[str, list[str]]:
    """What waits for each task, by its uid."""
    after: dict[str, list[str]] = {}
    for edge in view.graph.edges:
        mark = "" if edge.type == "blocks" else " (" + edge.type.replace("_", " ") + ")"
        after.setdefault(edge.from_uid, []).append(edge.to_id + mark)
    return after


RENDERERS: dict[str, Renderer] = {"TaskGraph": render_graph}
