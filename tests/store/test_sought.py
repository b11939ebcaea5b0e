"""Full-text search over a real index: filled when first asked, followed by what changes, and the same without SQLite's help."""

import sqlite3

import pytest

from gitledger.model import events, seeking
from gitledger.model.task import Criterion
from gitledger.store import sought as full_text
from gitledger.store.index import Index
from gitledger.store.refresh import index_path
from gitledger.store.snapshot import open_snapshot


def ask(query: str, **more) -> seeking.Sought:
    return seeking.Sought(terms=tuple(seeking.parse_query(query)), **more)


def found(repo, query: str, **more) -> list[str]:
    with open_snapshot(repo, "main") as snapshot:
        finds, total = snapshot.search(ask(query, **more))
        assert total >= len(finds)
        return [find.uid for find in finds]


@pytest.fixture
def tasks(scribe) -> list[str]:
    """Six tasks: one says "needle" in the title, the others in other fields; the last is archived."""
    title = scribe.create(1, "Thread the needle")
    about = scribe.create(2, "Two", description="A needle, and then \x1b[31mthread\x1b[0m.")
    todo = scribe.create(3, "Three")
    scribe.say(todo, events.TodoAdded(number=1, text="Find the needles", source="user"))
    note = scribe.create(4, "Four", labels=["café"])
    scribe.say(note, events.NoteSet(key="prd", role="queue", body="It holds a Needle."))
    plan = scribe.create(5, "Five")
    scribe.say(plan, proposed("Needlework", "Sew with thread."))
    archived = scribe.create(6, "Six needles")
    scribe.say(archived, events.TaskArchived())
    scribe.commit()
    return [title, about, todo, note, plan, archived]


def proposed(goal: str, body: str) -> events.PlanProposed:
    return events.PlanProposed(
        version=1, goal=goal, body=body, criteria=[Criterion("ac-0001", "It holds.")], todos=[], digest="sha256:0"
    )


def test_every_field_is_searched_and_the_title_comes_first(repo, tasks) -> None:
    title, about, todo, note, plan, archived = tasks
    hits = found(repo, "needle")
    assert hits[0] == title and set(hits) == {title, about, todo, note, plan}
    assert set(found(repo, "needle", archived=True)) == set(tasks)
    assert set(found(repo, "needle thread")) == {title, about, plan}
    assert found(repo, '"thread the"') == [title]
    assert found(repo, "CAFE") == [note]
    assert found(repo, "eedle") == []


def test_what_shows_a_find_is_told_without_control_characters(repo, tasks) -> None:
    with open_snapshot(repo, "main") as snapshot:
        fields = {find.uid: find for find in snapshot.search(ask("needle"))[0]}
        assert [fields[uid].field for uid in tasks[:5]] == ["title", "description", "todos", "notes", "plans"]
        plain, marks = seeking.marks_of(fields[tasks[1]].piece)
    assert plain == "A needle, and then thread." and [plain[slice(*mark)] for mark in marks] == ["needle"]


def test_a_search_takes_in_what_has_changed_since_the_last(repo, scribe, tasks, monkeypatch) -> None:
    assert len(found(repo, "needle")) == 5
    seen = []
    monkeypatch.setattr(seeking, "document_of", lambda task, text, real=seeking.document_of: seen.append(task.uid) or real(task, text))
    assert len(found(repo, "needle")) == 5 and seen == []
    scribe.retitle(tasks[0], "Haystack")
    scribe.say(tasks[1], events.TaskDeleted(reason="x"))
    scribe.say(tasks[5], events.TaskUnarchived())
    scribe.commit()
    assert set(found(repo, "needle")) == {*tasks[2:]}
    assert found(repo, "haystack") == [tasks[0]]
    assert sorted(set(seen)) == sorted({tasks[0], tasks[5]})


def test_a_write_leaves_the_full_text_alone(repo, scribe, tasks) -> None:
    found(repo, "needle")
    scribe.retitle(tasks[0], "Haystack")
    scribe.commit()
    open_snapshot(repo, "main").close()
    db = sqlite3.connect(index_path(repo, "main"))
    assert db.execute("SELECT count(*) FROM sought WHERE sought MATCH 'haystack'").fetchone() == (0,)
    db.close()


def test_a_ref_that_moves_back_takes_its_finds_along(repo, scribe, tasks, git, folder) -> None:
    before = scribe.tip
    scribe.create(7, "Another needle")
    scribe.commit()
    assert len(found(repo, "needle")) == 6
    git(folder, "update-ref", "refs/taskledger/main", before)
    assert len(found(repo, "needle")) == 5


@pytest.mark.parametrize("query", ["needle", "needle thread", '"thread the"', "cafe", "NEAR needle", "needle OR thread", "the", "x"])
def test_the_same_is_found_without_the_full_text(repo, tasks, monkeypatch, query) -> None:
    with_it = found(repo, query, archived=True)
    with open_snapshot(repo, "main") as snapshot:
        plain, total = full_text.seek_plainly(snapshot.index, ask(query, archived=True))
    assert ({find.uid for find in plain}, total) == (set(with_it), len(with_it))


@pytest.mark.parametrize("why", ["no FTS5", "locked"])
def test_a_search_works_where_the_full_text_cannot_be_made(repo, tasks, monkeypatch, why) -> None:
    open_snapshot(repo, "main").close()
    other = sqlite3.connect(index_path(repo, "main"), isolation_level=None)
    if why == "locked":
        monkeypatch.setattr(Index, "begin_write", lambda index: index.db.execute("PRAGMA busy_timeout = 1") and index.db.execute("BEGIN IMMEDIATE"))
        other.execute("BEGIN IMMEDIATE")
    else:
        monkeypatch.setattr(full_text, "_TABLE", "CREATE VIRTUAL TABLE sought USING no_such_module(x)")
    hits = found(repo, "needle")
    other.close()
    assert hits[0] == tasks[0] and len(hits) == 5


def test_of_very_many_the_newest_are_ranked(repo, tasks, monkeypatch) -> None:
    monkeypatch.setattr(full_text, "RANKED", 2)
    with open_snapshot(repo, "main") as snapshot:
        finds, total = snapshot.search(ask("needle", limit=2))
        assert (total, [find.uid in tasks[3:5] for find in finds]) == (5, [True, True])
        assert len(snapshot.search(ask("needle"))[0]) == 5


def test_another_writer_while_the_full_text_is_made(repo, scribe, tasks, monkeypatch) -> None:
    """The answer is that of the tip it began with."""
    with open_snapshot(repo, "main") as snapshot:
        scribe.retitle(tasks[0], "Haystack")
        scribe.commit()
        open_snapshot(repo, "main").close()
        assert tasks[0] in [find.uid for find in snapshot.search(ask("needle"))[0]]
    assert tasks[0] not in found(repo, "needle")


def test_a_broken_record_in_the_index_is_made_anew(repo, tasks) -> None:
    open_snapshot(repo, "main").close()
    db = sqlite3.connect(index_path(repo, "main"))
    db.execute("UPDATE record SET data = 'x' WHERE id = 2")
    db.commit()
    db.close()
    assert len(found(repo, "needle")) == 5


HOSTILE = ['"', '""', "*", "a*", "-a", "a AND", "OR", "NOT a", "NEAR(a, 5)", "title:a", "{title} : a", "^a", "a + b", "(", "'; DROP TABLE task; --"]


@pytest.mark.parametrize("query", [*HOSTILE, "a" * 1000, "\x00a", "\ud800a", "😀 a"])
def test_no_query_is_a_language(repo, tasks, query) -> None:
    terms = seeking.parse_query(query)
    if terms:
        assert isinstance(found(repo, query), list)


