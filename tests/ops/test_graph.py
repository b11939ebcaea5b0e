"""The drawn graph: which tasks, the longest way left, and titles that cannot break out of their place."""

import re

import pytest

from gitledger.model.events import DependencyAdded
from gitledger.ops._base import on
from gitledger.ops.advance import AdvanceTask
from gitledger.ops.dep import AddDependency
from gitledger.ops.graph import ShowGraph
from gitledger.ops.item import CreateItem
from tests.ops.harness import given
from tests.ops.stories import tell


def item(title: str = "Job", **fields) -> CreateItem:
    return CreateItem(title=title, **fields)


def depend(task: str, *others: str, **more) -> AddDependency:
    return AddDependency(task=task, others=list(others), **more)


# 1 ← 2 ← 3, 4 ← 3; 5 relates to 1; 6 stands alone.
STORY = (*(item(f"Job {n}") for n in range(1, 7)), depend("2", "1"), depend("3", "2", "4"), depend("5", "1", type="relates_to"))


def test_the_graph_of_what_has_dependencies():
    view = given(*STORY).run(ShowGraph())
    assert [node.id[-1] for node in view.graph.nodes] == ["1", "2", "3", "4", "5"]
    arrows = {(edge.from_id[-1], edge.to_id[-1], edge.type) for edge in view.graph.edges}
    assert arrows == {("1", "2", "blocks"), ("2", "3", "blocks"), ("4", "3", "blocks"), ("1", "5", "relates_to")}
    assert (view.critical_path.tasks, view.critical_path.weight) == (["task-0001", "task-0002", "task-0003"], 3)
    assert (view.omitted, view.cycles, view.text) == (0, 0, None)


def test_finished_tasks_are_left_out_unless_asked_for():
    scene = given(*STORY)
    scene.run(AdvanceTask(task="1", trigger="complete"))
    view = scene.run(ShowGraph())
    assert [node.id[-1] for node in view.graph.nodes] == ["2", "3", "4", "5"]
    assert view.critical_path.tasks == ["task-0002", "task-0003"]
    assert len(scene.run(ShowGraph(all=True)).graph.nodes) == 5


def test_around_one_task():
    scene = given(*STORY)
    assert [node.id[-1] for node in scene.run(ShowGraph(task="4")).graph.nodes] == ["3", "4"]
    assert [node.id[-1] for node in scene.run(ShowGraph(task="6")).graph.nodes] == ["6"]


def test_a_task_weighs_its_complexity():
    scene = given(item(), item(), item(complexity=5), depend("2", "1"), item(), depend("4", "3"))
    path = scene.run(ShowGraph()).critical_path
    assert (path.tasks, path.weight) == (["task-0003", "task-0004"], 6)


def test_over_the_limit_the_most_tied_stay():
    view = given(*STORY).run(ShowGraph(limit=2))
    assert (len(view.graph.nodes), view.omitted) == (2, 3)


def test_a_circle_is_counted_and_does_not_hang():
    scene = given(item(), item(), item(), depend("2", "1"), depend("3", "2"))
    tell(scene, lambda world: (yield on(world.task("1"), DependencyAdded(on=world.task("2").uid))))
    view = scene.run(ShowGraph())
    assert (view.cycles, view.critical_path.tasks) == (1, [])


def test_an_empty_graph():
    view = given().run(ShowGraph(format="dot"))
    assert (view.graph.nodes, view.critical_path.tasks) == ([], [])
    assert view.text.startswith("digraph")


NASTY = ['"]; evil', "\\", "a\\", "</script><b>", "`x`", "%%{init}%%", "end", "a\u202eb\u0007", "#quot;", "|x|", "\u2028[(", "\"]:::done"]


@pytest.mark.parametrize("title", NASTY)
def test_a_title_cannot_break_out_of_mermaid(title):
    view = given(item(title), item("Other"), depend("2", "1")).run(ShowGraph(format="mermaid"))
    lines = view.text.split("\n")
    nodes = [line for line in lines if line.startswith("  n1[")]
    assert len(nodes) == 1
    label = re.fullmatch(r'  n1\["(.*)"\]:::queue', nodes[0])[1]
    assert re.fullmatch(r"(?:[\w .,·…-]|#[0-9]+;)*", label)
    assert sum("-->" in line for line in lines) == 1


@pytest.mark.parametrize("title", NASTY)
def test_a_title_cannot_break_out_of_dot(title):
    view = given(item(title), item("Other"), depend("2", "1", unblock_at="work")).run(ShowGraph(format="dot"))
    lines = view.text.split("\n")
    assert len(lines) == 7 and lines[-1] == "}"
    label = re.fullmatch(r'  "[0-9a-f-]{36}" \[label="(.*)", fillcolor="#ffffff", penwidth=2\];', lines[3])[1]
    assert re.fullmatch(r'(?:[^"\\]|\\.)*', label)
    assert all(char.isprintable() for char in view.text.replace("\n", ""))
    assert 'label="at work"' in lines[5]
