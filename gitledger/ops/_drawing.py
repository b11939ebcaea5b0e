"""A graph of tasks as text for other programs: Graphviz and Mermaid. Titles come from others, and are escaped."""

from collections.abc import Iterable
from typing import Any

_FILL = {
    "queue": "#ffffff",
    "work": "#fff2cc",
    "review": "#dae8fc",
    "done": "#d5e8d4",
    "blocked": "#f8cecc",
    "cancelled": "#eeeeee",
    "archived": "#eeeeee",
}
_LONGEST = 60


def dot(nodes: Iterable[Any], edges: Iterable[Any], path: Iterable[str]) -> str:
    """The graph for Graphviz. An arrow leads from what comes first to what waits for it."""
    critical = list(path)
    steps = set(zip(critical, critical[1:], strict=False))
    lines = ["digraph tasks {", "  rankdir=LR;", '  node [shape=box, style="rounded,filled", fontname="sans-serif"];']
    for node in nodes:
        bold = ", penwidth=2" if node.uid in critical else ""
        lines.append(
            f'  "{node.uid}" [label="{_quoted(node.id)}\\n{_quoted(_short(node.title))}", '
            f'fillcolor="{_FILL.get(node.role, "#ffffff")}"{bold}];'
        )
    for edge in edges:
        style = "" if edge.type == "blocks" else ", style=dashed, dir=none"
        bold = ", penwidth=2" if (edge.from_uid, edge.to_uid) in steps else ""
        label = "" if edge.type == "blocks" and edge.unblock_at == "done" else _quoted(_word(edge))
        lines.append(f'  "{edge.from_uid}" -> "{edge.to_uid}" [label="{label}"{style}{bold}];')
    return "\n".join([*lines, "}"])


def mermaid(nodes: Iterable[Any], edges: Iterable[Any], path: Iterable[str]) -> str:
    """The graph for Mermaid; nodes are named n1, n2 …, for titles may hold anything."""
    critical = set(path)
    names: dict[str, str] = {}
    lines = ["flowchart LR"]
    for place, node in enumerate(nodes, 1):
        names[node.uid] = f"n{place}"
        lines.append(f'  n{place}["{_entities(node.id)} · {_entities(_short(node.title))}"]:::{_role(node.role)}')
    for edge in edges:
        if edge.from_uid in names and edge.to_uid in names:
            plain = edge.type == "blocks"
            arrow = "-->" if plain else "-.-"
            label = "" if plain and edge.unblock_at == "done" else f'|"{_entities(_word(edge))}"|'
            lines.append(f"  {names[edge.from_uid]} {arrow}{label} {names[edge.to_uid]}")
    lines += [f"  classDef {role} fill:{fill},stroke:#333333,color:#000000" for role, fill in _FILL.items()]
    marked = ",".join(name for uid, name in names.items() if uid in critical)
    if marked:
        lines += ["  classDef critical stroke-width:3px", f"  class {marked} critical"]
    return "\n".join(lines)


def _word(edge: Any) -> str:
    return f"at {edge.unblock_at}" if edge.type == "blocks" else edge.type.replace("_", " ")


def _role(role: str) -> str:
    return role if role in _FILL else "queue"


def _short(text: str) -> str:
    """One line without control or formatting characters, of bounded length."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return plain if len(plain) <= _LONGEST else plain[: _LONGEST - 1] + "…"


def _quoted(text: str) -> str:
    """What may stand between double quotes in Graphviz."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _entities(text: str) -> str:
    """What may stand between double quotes in Mermaid, where the page that draws it reads HTML: only letters and digits bare."""
    return "".join(char if char.isalnum() or char in " .,-_·…" else f"#{ord(char)};" for char in text)
