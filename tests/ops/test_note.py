"""Notes by key: set, read, replaced, removed, on tasks of either workflow in any status."""

import pytest
from msgspec import UNSET, ValidationError, convert

from gitledger.ops.advance import AdvanceTask
from gitledger.ops.item import CreateItem
from gitledger.ops.note import GetNote, ListNotes, RemoveNote, SetNote
from gitledger.ops.task import CancelTask, CreateTask
from tests.ops.harness import ADA, BOT, given


def test_a_note_is_set_read_and_replaced():
    scene = given(CreateTask(title="Job")).as_(BOT)
    view = scene.when(SetNote(task="1", key="prd", body="Ship it.\n")).then("note.set")
    assert (view.note.key, view.note.role, view.note.body, view.changed) == ("prd", "queue", UNSET, True)
    assert scene.run(GetNote(task="1", key="prd")).note.body == "Ship it."
    assert not scene.when(SetNote(task="1", key="prd", body="Ship it.\n")).then().changed
    scene.as_(ADA).later(60).when(SetNote(task="1", key=" prd ", body="Ship it soon.")).then("note.set")
    note = scene.run(GetNote(task="1", key="prd")).note
    assert (note.body, note.author.actor_name) == ("Ship it soon.", "ada")
    assert note.updated_at > note.created_at


def test_a_note_keeps_its_role_until_it_is_given_another():
    scene = given(CreateTask(title="Job"), SetNote(task="1", key="findings", body="a", role="review"))
    assert scene.when(SetNote(task="1", key="findings", body="b")).then("note.set").note.role == "review"
    assert scene.when(SetNote(task="1", key="findings", body="b", role="work")).then("note.set").note.role == "work"


def test_notes_are_listed_oldest_first_with_or_without_their_texts():
    scene = given(CreateTask(title="Job"), SetNote(task="1", key="b", body="1"), SetNote(task="1", key="a", body="2", role="work"))
    listed = scene.run(ListNotes(task="1"))
    assert [(note.key, note.body) for note in listed.notes] == [("b", "1"), ("a", "2")]
    assert (listed.total, listed.truncated) == (2, False)
    assert [note.body for note in scene.run(ListNotes(task="1", metadata_only=True)).notes] == [UNSET, UNSET]
    assert [note.key for note in scene.run(ListNotes(task="1", role="work")).notes] == ["a"]
    assert scene.run(GetNote(task="1", key="a", metadata_only=True)).note.body is UNSET


def test_any_task_in_any_status_takes_notes():
    scene = given(CreateTask(title="Staged"), CreateItem(title="Light"))
    scene.run(CancelTask(task="1"))
    scene.run(AdvanceTask(task="2", trigger="complete"))
    for task in ("1", "2"):
        scene.as_(BOT).when(SetNote(task=task, key="why", body="Because.")).then("note.set")


def test_a_note_is_removed_once():
    scene = given(CreateTask(title="Job"), SetNote(task="1", key="prd", body="x"))
    assert scene.when(RemoveNote(task="1", key="prd")).then("note.removed").key == "prd"
    error = scene.when(RemoveNote(task="1", key="prd")).refused("NOT_FOUND", 5)
    assert error.details == {"key": "prd", "known": []}
    scene.when(GetNote(task="1", key="prd")).refused("NOT_FOUND", 5)
    scene.when(SetNote(task="1", key="prd", body="")).then("note.set")
    assert scene.run(GetNote(task="1", key="prd")).note.body == ""


@pytest.mark.parametrize("key", ["", "  ", "two\nlines", "x" * 121])
def test_a_key_is_one_line(key):
    given(CreateTask(title="Job")).when(SetNote(task="1", key=key, body="x")).refused("INVALID_INPUT", 2)


def test_a_role_that_does_not_exist_is_no_operation():
    with pytest.raises(ValidationError):
        convert({"key": "a", "body": "b", "role": "done"}, SetNote)
