"""The graph as the reference writes it: out and in again nothing is lost, and what is wrong takes nothing over."""

from typing import Any

import copy

import msgspec
import pytest

from gitledger.ops._graph_document import GraphDocument
from gitledger.ops._graph_export import ExportGraph
from gitledger.ops._graph_import import ImportGraph
from gitledger.ops.advance import AdvanceTask, HoldTask
from gitledger.ops.claim import ClaimTask
from gitledger.ops.comment import AddComment
from gitledger.ops.dep import AddDependency
from gitledger.ops.item import CreateItem
from gitledger.ops.note import SetNote
from gitledger.ops.task import CreateTask
from tests.ops.harness import Scene, given

A, B, C = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "abc")
GONE = "dddddddd-0000-4000-8000-000000000000"


def item(uid: str, **more: Any) -> dict[str, Any]:
    return {"id": uid, "title": f"Item {uid[0]}", **more}


def take(document: dict[str, Any], mode: str = "merge") -> ImportGraph:
    return ImportGraph(graph=msgspec.convert(document, GraphDocument), mode=mode)


def export(scene: Scene, **more: Any) -> dict[str, Any]:
    view = msgspec.to_builtins(scene.run(ExportGraph(**more)))
    return {name: view[name] for name in ("items", "notes", "dependencies")}


# As the reference exports it, grandchildren before their parents.
FULL = {
    "items": [
        item(
            C,
            parent_id=B,
            description="Text.",
            summary="Sum",
            status="blocked",
            status_label=None,
            previous_status="review",
            priority="low",
            complexity=9,
            item_type="bug",
            tags="z, a",
            metadata="{not json",
            properties='{"a": 1.5}',
            role_changed_at="2026-01-02T03:04:05.678901+00:00",
            due_at="2026-12-01T09:00:00+01:00",
            schedule="0 9 * * *",
            next_run_at="2026-11-21T09:00:00.000000+00:00",
            created_at="2026-01-01T00:00:00.000001+00:00",
            updated_at="2026-02-02T00:00:00.000002+00:00",
        ),
        item(B, parent_id=A, status="archived", priority="high", created_at="2026-01-01T00:00:00+00:00"),
        item(A, status="cancelled", status_label="cancelled", priority="critical", created_at="2026-01-03T00:00:00+00:00"),
    ],
    "notes": [
        {"id": "n", "item_id": C, "key": "requirements", "body": "Ä body.\nTwo lines.", "role": "any", "created_at": "2026-01-05T00:00:00+00:00"}
    ],
    "dependencies": [{"id": "d", "from_id": A, "to_id": C, "dep_type": "blocks", "unblock_at": "review", "created_at": "2026-01-06T00:00:00+00:00"}],
    "exported_at": "2026-11-20T00:00:00+00:00",
    "version": "0.8.0",
}


def test_what_the_reference_wrote_comes_out_again_as_it_was():
    scene = given()
    view = scene.when(take(FULL)).then(*["task.imported"] * 3)
    assert (view.items, view.notes, view.dependencies, view.known) == (3, 1, 1, 0)
    found = export(scene)
    assert [one["id"] for one in found["items"]] == [B, C, A], "numbered in the order in which they came to be"
    by_id = {one["id"]: one for one in found["items"]}
    for given_item in FULL["items"]:
        got = by_id[given_item["id"]]
        assert {name: got[name] for name in given_item} == given_item | {
            name: value for name, value in {"due_at": "2026-12-01T08:00:00+00:00"}.items() if name in given_item
        } | {name: f"{given_item[name][:19]}.000000+00:00" for name in ("created_at",) if "." not in given_item[name]}
        assert len(got) == 20
    assert {name: found["notes"][0][name] for name in ("item_id", "key", "body", "role")} == {
        **{"item_id": C, "key": "requirements", "body": "Ä body.\nTwo lines.", "role": "any"}
    }
    assert {name: found["dependencies"][0][name] for name in ("from_id", "to_id", "dep_type", "unblock_at")} == {
        **{"from_id": A, "to_id": C, "dep_type": "blocks", "unblock_at": "review"}
    }
    scene.run(AdvanceTask(task=C, trigger="resume"))
    assert scene.task(C).status == "review"


def test_a_second_import_finds_everything_known():
    scene = given(take(FULL))
    before = export(scene)
    view = scene.when(take(FULL)).then()
    assert (view.items, view.known, view.changed) == (0, 3, False)
    scene.when(take(before, "replace")).then()
    assert export(scene) == before


def test_a_ledger_of_light_tasks_goes_over_to_another():
    scene = given(
        CreateItem(title="One", labels=["x"], priority="P0", description="Long.", properties=["n=1"]),
        CreateItem(title="Two", parent="1", depends_on=["1"], unblock_at="work"),
        CreateItem(title="Three"),
        AdvanceTask(task="1", trigger="start"),
        HoldTask(task="3", reason="Why"),
        SetNote(task="1", key="k", body="v"),
        AddDependency(task="3", others=["2"], type="relates_to"),
    )
    document = export(scene)
    other = given(take(document))
    assert export(other) == document
    assert [task["title"] for task in export(scene, labels=["x"])["items"]] == ["One"]
    assert export(scene, labels=["x"])["dependencies"] == []


def test_merge_leaves_what_is_here_and_adds_what_it_does_not_have():
    scene = given(take(FULL), AdvanceTask(task=C, trigger="resume"), SetNote(task=C, key="requirements", body="Mine."))
    document = copy.deepcopy(FULL)
    document["items"][0]["title"] = "Theirs"
    document["items"].append(item(GONE, parent_id=A))
    document["notes"].append({"item_id": C, "key": "more", "body": "New."})
    document["dependencies"].append({"from_id": GONE, "to_id": C})
    view = scene.when(take(document)).then("task.imported", "note.set", "dependency.added")
    assert (view.items, view.known, view.notes, view.dependencies) == (1, 3, 1, 1)
    assert (scene.task(C).title, scene.task(C).status) == ("Item c", "review")


def test_replace_makes_it_what_the_document_says_and_leaves_tasks_of_stages_alone():
    scene = given(take(FULL), CreateItem(title="Mine"), CreateTask(title="Staged"), AddComment(task=C, text="Kept."))
    scene.run(ClaimTask(task="4"))
    document = {"items": [item(C, title="Changed"), item(A)]}
    view = scene.run(take(document, "replace"))
    assert (view.items, view.deleted) == (2, 2)
    assert sorted(one["title"] for one in export(scene)["items"]) == ["Changed", "Item a", "Staged"]
    changed = scene.task(C)
    assert (changed.status, changed.hold, changed.labels, changed.notes, changed.dependencies) == ("queue", None, [], [], [])
    assert [comment.text for comment in changed.comments] == ["Kept."]
    assert any("goes through stages" in warning for warning in view.warnings)
    scene.run(take(FULL, "replace"))
    assert {one["id"] for one in export(scene)["items"] if one["title"] != "Staged"} == {A, B, C}, "what was deleted comes back"


def test_a_long_chain_of_parents_is_looked_through_once():
    chain = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(2000)]
    items = [item(uid, parent_id=above) for uid, above in zip(chain[1:], chain, strict=False)]
    scene = given()
    scene.when(take({"items": items})).refused("NOT_FOUND", 5)  # the first of them is not there
    circle = [*items, item(chain[0], parent_id=chain[-1])]
    assert len(scene.when(take({"items": circle})).refused("CONFLICT", 4).details["cycle"]) == 2001


def test_titles_that_are_none_or_too_long_are_kept_as_well_as_can_be():
    scene = given(take({"items": [item(A, title=""), item(B, title="x" * 400, description="More.")]}))
    assert [one["title"][:10] for one in export(scene)["items"]] == ["(untitled)", "x" * 10]
    assert export(scene)["items"][1]["description"] == "x" * 400 + "\n\nMore."


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"items": [item("x")]}, "VALIDATION"),
        ({"items": [item("../../etc/passwd")]}, "VALIDATION"),
        ({"items": [item(A.upper())]}, "VALIDATION"),
        ({"items": [item(A), item(A)]}, "VALIDATION"),
        ({"items": [item(A, parent_id=B)]}, "NOT_FOUND"),
        ({"items": [item(A, parent_id=B), item(B, parent_id=A)]}, "CONFLICT"),
        ({"items": [item(A, parent_id=A)]}, "CONFLICT"),
        ({"items": [item(A, created_at="yesterday")]}, "VALIDATION"),
        ({"items": [item(A, created_at="0001-01-01T00:00:00+14:00")]}, "VALIDATION"),
        ({"items": [item(A, complexity=11)]}, "VALIDATION"),
        ({"items": [item(A, priority="urgent")]}, "INVALID_INPUT"),
        ({"items": [item(A, description="x" * (256 * 1024 + 1))]}, "INVALID_INPUT"),
        ({"items": [item(A, summary="\ud800")]}, "INVALID_INPUT"),
        ({"items": [item(A)], "notes": [{"item_id": B, "key": "k"}]}, "NOT_FOUND"),
        ({"items": [item(A)], "notes": [{"item_id": A, "key": ""}]}, "INVALID_INPUT"),
        ({"items": [item(A)], "dependencies": [{"from_id": A, "to_id": A}]}, "VALIDATION"),
        ({"items": [item(A)], "dependencies": [{"from_id": GONE, "to_id": A}]}, "NOT_FOUND"),
        (
            {"items": [item(A), item(B)], "dependencies": [{"from_id": A, "to_id": B}, {"from_id": B, "to_id": A}]},
            "CONFLICT",
        ),
        (
            {"items": [item(A), item(B)], "dependencies": [{"from_id": A, "to_id": B, "dep_type": "relates_to", "unblock_at": "work"}]},
            "VALIDATION",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_what_is_wrong_takes_nothing_over(document, code, mode):
    scene = given(CreateItem(title="Here"))
    attempt = scene.when(take({**document, "items": [item(C), *document["items"]]}, mode))
    assert attempt.error is not None and attempt.error.code == code, attempt.error
    assert scene.task("1").deleted_at is None and len(scene.source.states) == 1


@pytest.mark.parametrize("wrong", [{}, {"items": [{"title": "x"}]}, {"items": [item(A, status="doing")]}, {"items": {}}, {"items": [item(A, title=3)]}])
def test_another_form_is_no_document(wrong):
    with pytest.raises(msgspec.ValidationError):
        take(wrong)
