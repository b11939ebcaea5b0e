"""Notes follow the links: plain git shows them, many write at once, others' lines stay, and they travel."""

from concurrent.futures import ThreadPoolExecutor

import json
import os
import subprocess
import sys

from gitledger.ledger.shell import open_ledger
from gitledger.model.noteline import NoteLine, decode_line, encode_line
from gitledger.ops._recovering import WriteNotes
from gitledger.ops._shelving import DeleteTask, RenumberTask
from gitledger.ops.commits import LinkCommits, UnlinkCommits
from gitledger.ops.sync import SyncLedgers
from gitledger.store.notelines import NoteEdit, edited, write_lines
from gitledger.store.repo import open_repository
from gitledger.sync import run
from tests.conftest import Cli

NOTES = "refs/notes/taskledger"


def note(work, commit: str = "HEAD") -> list[dict]:
    return [json.loads(line) for line in work.git("notes", "--ref", "taskledger", "show", commit).splitlines()]


def test_plain_git_shows_which_task_a_commit_belongs_to(work):
    uid = work.task("Größe")
    commit = work.commit("a.py", "a\n", "Add a", uid)
    link = work.ledger_task(uid).commits[0]
    line = f'{{"v":1,"task":"{uid}","number":"task-0001","ledger":"main","run":null,"event":"{link.id}"}}'
    assert work.git("notes", "--ref", "taskledger", "show", commit) == line
    assert f"Notes (taskledger):\n    {line}" in work.git("log", "-1", "--notes=taskledger")
    assert work.git("ls-tree", "-r", "--name-only", NOTES) == f"{commit[:2]}/{commit[2:]}"
    # As an entry: by the person, at the time of the entry.
    fields = "%an <%ae>|%cn <%ce>|%ct"
    assert work.git("log", "-1", f"--format={fields}", NOTES) == work.git(
        "log", "-1", f"--format={fields}", "refs/taskledger/main"
    )


def test_the_line_is_ascii_and_read_back():
    line = NoteLine(1, "u", "task-0001", "größe/\U0001f600", None, "e" * 20)
    data = encode_line(line)
    assert data.isascii() and decode_line(data) == line == decode_line(json.dumps(json.loads(data)).encode())
    foreign = (
        b"",
        b"x",
        b"{",
        b'{"v":2}',
        b'{"v":2,"task":"u","number":"n","ledger":"l","run":null,"event":"e"}',
        b"[1]",
        b"\xff{",
    )
    assert [decode_line(data) for data in foreign] == [None] * 7


def test_one_line_for_each_task_and_the_lines_of_others_stay():
    def line(task: str, event: str, ledger: str = "main", number: str = "task-0001") -> NoteLine:
        return NoteLine(1, task, number, ledger, None, event)

    others = [b"reviewed by Bob", b'{"v":2,"task":"t"}']
    one = edited(others, NoteEdit(put={"t": line("t", "e1")}))
    two = edited(one, NoteEdit(put={"t": line("t", "e2"), "s": line("s", "e3")}))
    assert two == sorted([*others, encode_line(line("t", "e2")), encode_line(line("s", "e3"))])
    assert edited(two, NoteEdit(drop={"t"})) == sorted([*others, encode_line(line("s", "e3"))])
    # A fork has the events of its parent, and leaves the parent's line alone; its own it corrects.
    assert edited(one, NoteEdit(put={"t": line("t", "e1", "fork")})) == one
    assert edited(one, NoteEdit(put={"t": line("t", "e1", number="task-0009")})) != one
    # After a merge a task may have two lines; the next event takes the place of both.
    both = sorted([encode_line(line("t", "e1")), encode_line(line("t", "e2"))])
    assert edited(both, NoteEdit(put={"t": line("t", "e3")})) == [encode_line(line("t", "e3"))]


def test_notes_of_others_and_any_fan_out_survive(work):
    uid = work.task("One")
    commits = [work.commit(f"{number}.py", "x\n", f"Add {number}", record=False) for number in range(4)]
    work.git("notes", "--ref", "taskledger", "append", "-m", "hand-written", commits[0])
    assert "/" not in work.git("ls-tree", "-r", "--name-only", NOTES), "git itself has no fan-out for so few"
    work.link(*commits[:2], task=uid)
    names = work.git("ls-tree", "-r", "--name-only", NOTES).split()
    assert names == sorted(f"{commit[:2]}/{commit[2:]}" for commit in commits[:2])
    assert work.git("notes", "--ref", "taskledger", "show", commits[0]).splitlines()[0] == "hand-written"
    # Once more by plain git, which writes its own fan-out again.
    work.git("notes", "--ref", "taskledger", "add", "-m", "by hand", commits[2])
    work.link(commits[3], task=uid)
    assert [len(work.git("notes", "--ref", "taskledger", "show", commit).splitlines()) for commit in commits] == [
        2,
        1,
        1,
        1,
    ]
    work.run(UnlinkCommits(commits=commits[:2], task=uid))
    assert work.git("notes", "--ref", "taskledger", "show", commits[0]) == "hand-written"
    assert "no note found" in _failing(work, "notes", "--ref", "taskledger", "show", commits[1])


def _failing(work, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=work.path, capture_output=True, text=True, timeout=60)
    assert done.returncode
    return done.stderr


def test_lost_notes_are_written_again_from_the_events(work):
    uid, other = work.task("One"), work.task("Two")
    commits = [work.commit(f"{number}.py", "x\n", f"Add {number}", uid) for number in range(3)]
    work.link(commits[0], task=other)
    tree = work.git("rev-parse", f"{NOTES}^{{tree}}")
    work.git("update-ref", "-d", NOTES)
    assert {task: known for task, known in work.tasks_of(commits[0]).items()} == {uid: "recorded", other: "recorded"}
    assert work.reconcile().notes_written == 3
    assert work.git("rev-parse", f"{NOTES}^{{tree}}") == tree
    view = work.run(WriteNotes())
    assert (view.notes_written, view.commits, view.changed) == (0, 3, False)
    work.run(RenumberTask(task=uid, to=9))
    assert work.run(WriteNotes()).notes_written == 3
    assert {line["number"] for line in note(work, commits[1])} == {"task-0009"}


def test_a_link_is_made_although_its_note_cannot_be(work):
    uid = work.task("One")
    commit = work.commit("a.py", "a\n", "Add a", record=False)
    # A ledger of notes whose object is gone cannot be written on top of.
    work.git("update-ref", NOTES, commit)
    (work.path / ".git/refs/notes/taskledger").write_text("1" * 40 + "\n")
    outcome = work.ledger.run(LinkCommits(commits=[commit], task=uid))
    assert work.links(uid) == [commit] and "gitledger commits notes" in outcome.warnings[0]
    assert work.tasks_of(commit) == {uid: "recorded"}


WRITER = """
import os, sys
from gitledger.model.noteline import NoteLine
from gitledger.store.notelines import NoteEdit, write_lines
from gitledger.store.repo import open_repository
name, *commits = sys.argv[1:]
sys.stdin.readline()
for number, commit in enumerate(commits):
    edit = NoteEdit(put={name: NoteLine(1, name, "task-0001", "main", None, f"{number:020d}")})
    write_lines(open_repository(".", os.environ), {commit: edit}, author=("W", "w@example.org"), seconds=1)
"""


def test_two_processes_write_notes_at_once_and_none_is_lost(work):
    commits = [work.commit(f"{number}.py", "x\n", f"Add {number}", record=False) for number in range(4)] * 5
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, name, *commits],
            cwd=work.path,
            env=Cli.environ(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(lambda child: child.communicate("go\n", timeout=60)[1], children))
    assert [child.returncode for child in children] == [0, 0], said
    # 2 × 20 writes made 40 commits: none was made upon a state that another had moved on.
    assert work.git("rev-list", "--count", NOTES) == "40"
    for place, commit in enumerate(commits[:4]):
        assert [(line["task"], int(line["event"])) for line in note(work, commit)] == [
            ("one", place + 16),
            ("two", place + 16),
        ]


def test_the_first_note_of_all_is_made_by_one_of_several(work):
    commit = work.head()
    repo = open_repository(str(work.path), os.environ)

    def write(name: str) -> int:
        edit = NoteEdit(put={name: NoteLine(1, name, "task-0001", "main", None, "0" * 20)})
        return write_lines(open_repository(str(work.path), os.environ), {commit: edit}, author=("W", "w@x"), seconds=1)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(write, "abcdefgh")) == [1] * 8
    assert repo is not None and [line["task"] for line in note(work, commit)] == list("abcdefgh")


# ---------------------------------------------------------------------------------------------- between clones


def shared(work, clone_of, make_repo):
    """A hub, and a colleague's clone of it with the ledger."""
    hub = make_repo("hub", bare=True)
    work.git("remote", "add", "origin", str(hub.path))
    work.git("push", "--quiet", "origin", "main")
    sync(work)
    other = clone_of(type(work)(hub), "colleague")
    sync(other)
    return hub, other


def sync(work) -> None:
    run(open_ledger(str(work.path), environ=os.environ), SyncLedgers())


def test_notes_of_two_clones_come_together(work, clone_of, make_repo):
    uid, other_uid = work.task("One"), work.task("Two")
    commit = work.commit("a.py", "a\n", "Add a", record=False)
    _, other = shared(work, clone_of, make_repo)
    work.link(commit, task=uid)
    other.link(commit, task=other_uid)
    sync(work)
    sync(other)
    sync(work)
    assert work.git("rev-parse", NOTES) == other.git("rev-parse", NOTES)
    for clone in (work, other):
        assert clone.tasks_of(commit) == {uid: "recorded", other_uid: "recorded"}
        assert {line["task"] for line in note(clone, commit)} == {uid, other_uid}


def test_two_clones_that_link_one_task_keep_both_lines_and_show_one_task(work, clone_of, make_repo):
    uid = work.task("One")
    commit = work.commit("a.py", "a\n", "Add a", record=False)
    _, other = shared(work, clone_of, make_repo)
    work.link(commit, task=uid)
    other.link(commit, task=uid)
    sync(work)
    sync(other)
    sync(work)
    assert len(note(work, commit)) == 2, "a union of lines"
    assert work.tasks_of(commit) == {uid: "recorded"} and [c.known_from for c in work.listed(uid)] == [
        ["event", "note"]
    ]
    assert work.run(WriteNotes()).notes_written == 1 and len(note(work, commit)) == 1


def test_what_was_unlinked_stays_so_although_an_old_note_comes_back(work, clone_of, make_repo):
    uid = work.task("One")
    commit = work.commit("a.py", "a\n", "Add a", uid)
    _, other = shared(work, clone_of, make_repo)
    work.run(UnlinkCommits(commits=[commit], task=uid, reason="Another's."))
    other.link(other.commit("b.py", "b\n", "Add b", record=False), task=uid)
    sync(other)
    sync(work)
    assert [line["task"] for line in note(work, commit)] == [uid], "the union of the lines has it again"
    assert work.tasks_of(commit) == {} and commit not in [listed.commit for listed in work.listed(uid)]
    view = work.scan("main")
    assert (view.withdrawn, view.linked) == (1, [])
    work.link(commit, task=uid)
    assert work.tasks_of(commit) == {uid: "recorded"}


# ---------------------------------------------------------------------------------------------- what can be believed


def forged(work, commit: str, **fields) -> None:
    line = {"v": 1, "task": "0" * 8, "number": "task-0001", "ledger": "main", "run": None, "event": "f" * 20} | fields
    work.git("notes", "--ref", "taskledger", "append", "-m", json.dumps(line), commit)


def test_a_note_counts_only_with_an_event_that_the_ledger_has(work):
    uid, other = work.task("One"), work.task("Two")
    known = work.commit("a.py", "a\n", "Add a", uid)
    commit = work.commit("b.py", "b\n", "Add b", record=False)
    forged(work, commit, task=uid)
    forged(work, commit, task=other, event=work.ledger_task(uid).commits[0].id)
    assert work.tasks_of(commit) == {uid: "claimed", other: "claimed"}
    assert {listed.commit: listed.known for listed in work.listed(uid)} == {known: "recorded", commit: "claimed"}
    # The event of another commit does not do either; nor does what no ledger has.
    third = work.commit("c.py", "c\n", "Add c", record=False)
    forged(work, third, task=uid, event=work.ledger_task(uid).commits[0].id)
    forged(work, third, task="99999999-9999-4999-8999-999999999999", ledger="nowhere")
    assert work.tasks_of(third) == {uid: "claimed", "99999999-9999-4999-8999-999999999999": "claimed"}
    work.run(DeleteTask(task=uid, reason="Gone."))
    assert work.tasks_of(known)[uid] == "claimed"


def test_notes_that_git_copied_are_not_doubled(work):
    uid = work.task("One")
    work.git("config", "notes.rewriteRef", NOTES)
    old = work.commit("a.py", "a\n", "Add a", uid)
    work.git("commit", "--quiet", "--amend", "-m", "Add a again")
    assert note(work) == note(work, old), "git has carried it over"
    assert work.tasks_of() == {uid: "claimed"}
    work.reconcile(pairs=f"{old} {work.head()}\n")
    assert len(note(work)) == 1 and work.tasks_of() == {uid: "recorded"}


def test_garbage_in_the_notes_is_no_error(work):
    uid = work.task("One")
    commit = work.commit("a.py", "a\n", "Add a", uid)
    work.git("notes", "--ref", "taskledger", "append", "-F", "-", commit, input='{"v":1,"task":5}\n{"v":1\n\x01\n')
    assert work.tasks_of(commit) == {uid: "recorded"}
    work.git("update-ref", NOTES, "main")
    assert work.tasks_of(commit) == {uid: "recorded"}, "the ref leads to something else"
