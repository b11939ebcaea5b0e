"""Commits and tasks, without a repository: what is recorded, what a message counts for, and which commit succeeds which."""

import pytest

from gitledger.model.mentions import Mentions, has_line, mentions_in, named_commits
from gitledger.model.noteline import NoteLine
from gitledger.model.policy import Policy, Trailers
from gitledger.ops._history import BlamedLines, ChangedPath, Changes
from gitledger.ops._recovering import ReconcileCommits, WriteNotes
from gitledger.ops._shelving import DeleteTask
from gitledger.ops.commits import LinkCommits, ListCommits, RecordCommit, ScanCommits, UnlinkCommits
from gitledger.ops.context import ShowContext
from gitledger.ops.implement import StartImplementation
from gitledger.ops.task import CreateTask, ShowTask
from gitledger.ops.whence import BlameFile, ShowWhence
from tests.ops.harness import BOT, OTHER, Scene, given
from tests.ops.stories import approved

A, B, C, D, E = ("a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40)
KEYS = Trailers()


def scene_with(*titles: str) -> Scene:
    return given(*(CreateTask(title=title) for title in titles or ("Job",)))


def stamp(scene: Scene, *numbers: int) -> str:
    """The trailers of tasks."""
    lines = [f"Task: task-{number:04d}\nTask-Id: {scene.task(str(number)).uid}\n" for number in numbers]
    return "\n\n" + "".join(lines)


def links(scene: Scene, number: int = 1) -> list[str]:
    return [link.commit[0] for link in scene.task(str(number)).commits]


def note(scene: Scene, commit: str, number: int = 1, event: str | None = None) -> None:
    """A line in the commit's note: by the event that made the link, or by another."""
    task = scene.task(str(number))
    found = next((link.id for link in task.commits if link.commit == commit), "f" * 20)
    line = NoteLine(1, task.uid, task.id, "main", None, event or found)
    scene.commits.lines.setdefault(commit, []).append(line)


# ---------------------------------------------------------------------------------------------- record


def implementing() -> Scene:
    scene = given(approved)
    scene.as_(BOT).run(StartImplementation(task="1"))
    return scene


def test_a_commit_is_a_change_of_the_running_implementation_and_a_link():
    scene = implementing()
    scene.commits.make("a", "Edit x\n\nWhy.", paths=["x.py"])
    view = scene.when(RecordCommit(task="1", source="hook")).then("change.recorded", "commit.linked")
    task = scene.task("1")
    [change], [link] = task.changes, task.commits
    assert (change.path, change.kind, change.paths, change.before, change.after) == (
        "x.py",
        "edit",
        [],
        "b" * 40,
        "a" * 40,
    )
    assert (change.commit, change.run, change.tree, change.summary) == (A, task.runs[-1].id, "a1" * 20, "Edit x")
    assert (link.source, link.run, link.change, link.summary, link.tree) == (
        "hook",
        change.run,
        change.id,
        "Edit x",
        "a1" * 20,
    )
    assert (view.changed, view.change.change_id, view.commit.short) == (True, "change-0001", A[:10])
    again = scene.when(RecordCommit(task="1", source="hook")).then()
    assert (again.changed, again.commit.event) == (False, link.id)


def test_of_many_paths_the_first_hundred_are_named_and_all_are_counted():
    scene = implementing()
    scene.commits.make("a", "Edit all")
    paths = tuple(ChangedPath(path=f"{number}.py", kind="add", after="a" * 40) for number in range(100))
    scene.commits.changed[A] = Changes(paths=paths, total=12345, stat=" 12345 files changed")
    scene.run(RecordCommit(task="1"))
    [change] = scene.task("1").changes
    assert (change.kind, change.path, len(change.paths)) == ("commit", "0.py", 100)
    assert (change.diff_stat, change.before, change.after) == ("12345 files changed", None, None)


@pytest.mark.parametrize("why", ["no run", "somebody else's run", "nothing changed", "objects are missing"])
def test_without_a_run_of_ones_own_or_paths_it_is_a_link_alone(why):
    scene = scene_with() if why == "no run" else implementing()
    if why == "somebody else's run":
        scene.as_(OTHER)
    scene.commits.make("a", "Edit", paths=[] if why == "nothing changed" else ["x.py"])
    if why == "objects are missing":
        scene.commits.changed.clear()
    scene.when(RecordCommit(task="1")).then("commit.linked")
    assert scene.task("1").commits[0].source == "manual"


def test_an_amended_commit_takes_the_place_of_the_one_before():
    scene = implementing()
    scene.commits.make("a", "Edit x", paths=["x.py"])
    scene.run(RecordCommit(task="1", source="hook"))
    scene.commits.amends[scene.commits.make("b", "Edit x and y", paths=["x.py", "y.py"])] = A
    scene.when(RecordCommit(task="1", source="hook")).then("change.recorded", "commit.linked")
    task = scene.task("1")
    assert links(scene) == ["b"] and task.commits[0].source == "rewrite"
    assert [change.commit for change in task.changes] == [B, B], "the first change is in the new commit too"
    assert task.commits[0].change == task.changes[-1].id
    # Another message, and the same tree: no new change.
    scene.commits.make("c", "Say it better", paths=["x.py", "y.py"])
    scene.commits.made[C] = type(scene.commits.made[C])(**{**_fields(scene.commits.made[C]), "tree": "b1" * 20})
    scene.commits.amends[C] = B
    scene.when(RecordCommit(task="1", source="hook")).then("commit.linked")
    assert links(scene) == ["c"] and scene.task("1").commits[0].change == task.changes[-1].id
    assert [change.commit for change in scene.task("1").changes] == [C, C]


def _fields(struct) -> dict:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_what_names_no_commit_is_refused():
    scene = scene_with()
    scene.when(RecordCommit(task="1")).refused("NO_COMMIT", 5)
    scene.when(LinkCommits(commits=["abc"], task="1")).refused("NO_COMMIT", 5)


# ---------------------------------------------------------------------------------------------- by hand


def test_linking_and_unlinking_by_hand():
    scene = scene_with()
    scene.commits.make("a", "One")
    scene.commits.make("b", "Two")
    view = scene.when(LinkCommits(commits=["a", "b", "aa"], task="1")).then("commit.linked", "commit.linked")
    assert [commit.subject for commit in view.commits] == ["One", "Two", "One"]
    assert not scene.when(LinkCommits(commits=["a"], task="1")).then().changed
    scene.when(UnlinkCommits(commits=["aaaa"], task="1", reason="Not mine.")).then("commit.unlinked")
    assert links(scene) == ["b"]
    scene.when(UnlinkCommits(commits=["aaaa"], task="1")).refused("NOT_LINKED", 5)
    scene.commits.stand("b", exists=False)
    assert scene.when(UnlinkCommits(commits=["bbbb"], task="1")).then("commit.unlinked").commits == [B]


def test_a_link_may_take_the_place_of_others():
    scene = scene_with()
    for letter in "abc":
        scene.commits.make(letter)
    scene.run(LinkCommits(commits=["a", "b"], task="1"))
    scene.when(LinkCommits(commits=["c"], task="1", replaces=["aaaa", B])).then("commit.linked")
    assert links(scene) == ["c"]
    scene.when(LinkCommits(commits=["c"], task="1", replaces=["aaaa"])).refused("NOT_LINKED", 5)


# ---------------------------------------------------------------------------------------------- what messages say


@pytest.mark.parametrize(
    ("message", "uids", "numbers"),
    [
        ("S\n\nTask: task-0001\nTask-Id: {0}", 1, ()),
        ("S\n\nTask-Id: {0}\nTask: task-0001", 1, ()),
        ("S\n\nTask-Id: {0}\n\nTask-Id: {1}", 2, ()),
        ("S\n\nTask: task-0001\nTask-Id: {0}\nTask: task-0002\nTask-Id: {1}", 2, ()),
        ("S\n\nTask: task-0007", 0, (7,)),
        ("S\n\nTask: task-0007\nTask: task-0001\nTask-Id: {0}", 1, (7,)),
        ("S\n\n    Task: task-0001\n    Task-Id: {0}\n\nnot a trailer: x", 1, ()),
        ("S\n\ntask-id:{0}\n", 1, ()),
        ("S\n\nTask-Id: {0}\nTask-Id: {0}", 1, ()),
        ("S\n\n> Task-Id: {0}\nTask: rewrite the parser\nTask: 30\nTask-Id: 1234\nSubTask-Id: {0}", 0, ()),
        ("Task-Id: {0}", 1, ()),
        ("", 0, ()),
    ],
)
def test_the_tasks_that_a_message_names(message, uids, numbers):
    known = ("3f9c2ab1-d0e4-4111-8111-000000000001", "3f9c2ab1-d0e4-4111-8111-000000000002")
    assert mentions_in(message.format(*known), KEYS) == Mentions(known[:uids], numbers)


def test_the_names_of_the_trailers_are_the_team_s():
    uid = "3f9c2ab1-d0e4-4111-8111-000000000001"
    message = f"S\n\nTicket-Id: {uid}\nTask: task-0001"
    assert mentions_in(message, Trailers(task="Ticket", id="Ticket-Id")) == Mentions((uid,), ())
    assert mentions_in(message, KEYS) == Mentions((), (1,))


def test_what_a_squash_and_a_pick_say():
    said = f"Squashed commit of the following:\n\ncommit {A}\nAuthor: x\n\n    Add a\n\n(cherry picked from commit {B})\nsee {C}"
    assert named_commits(said) == {A, B}
    assert has_line("PR\n\n* Add a\n- Add b", "Add a") and has_line("PR\n\n    Add b", "Add b")
    assert not has_line("Add a", "Add a") and not has_line("PR\n\n", "") and not has_line("PR\n\nAdd a too", "Add a")


def test_a_scan_links_what_the_uid_decides():
    scene = scene_with("One", "Two")
    scene.commits.make("a", "A" + stamp(scene, 1, 2))
    scene.commits.make("b", "B\n\nTask: task-0002")
    scene.commits.make("c", "C\n\nTask: task-0009\n")
    unknown = "99999999-9999-4999-8999-999999999999"
    scene.commits.make("d", f"D\n\nTask-Id: {unknown}")
    dry = scene.when(ScanCommits(revisions="main", dry_run=True)).then()
    view = scene.when(ScanCommits(revisions="main")).then("commit.linked", "commit.linked", "commit.linked")
    assert [(link.task_id, link.commit[0]) for link in view.linked] == [
        ("task-0001", "a"),
        ("task-0002", "a"),
        ("task-0002", "b"),
    ]
    assert dry.linked == view.linked and dry.dry_run
    assert [(item.commit[0], item.named) for item in view.unknown] == [("d", unknown)]
    assert (view.scanned, view.known) == (4, 0)
    again = scene.when(ScanCommits(revisions="main")).then()
    assert (again.known, again.linked) == (3, [])


def test_a_number_that_two_tasks_hold_is_listed_and_not_guessed():
    scene = scene_with("One", "Two")
    scene.source.states[scene.task("2").uid].task.number = 1
    scene.commits.make("a", "A\n\nTask: task-0001")
    view = scene.when(ScanCommits(revisions="main")).then()
    assert view.linked == [] and [item.named for item in view.ambiguous] == ["task-0001"]
    assert len(view.ambiguous[0].candidates) == 2
    told = scene.run(ShowWhence(place="a"))
    assert sorted(told.ambiguous) == sorted(view.ambiguous[0].candidates) and told.tasks == []


def test_what_was_unlinked_is_not_linked_again_by_its_message():
    scene = scene_with()
    scene.commits.make("a", "A" + stamp(scene, 1))
    scene.run(ScanCommits(revisions="main"))
    scene.run(UnlinkCommits(commits=["a"], task="1"))
    view = scene.when(ScanCommits(revisions="main")).then()
    assert (view.withdrawn, view.linked) == (1, [])
    assert scene.run(ListCommits(task="1")).commits == [] and scene.run(ShowWhence(place="a")).tasks == []


def test_a_claim_by_message_alone_can_be_withdrawn():
    scene = scene_with()
    scene.commits.make("a", "A" + stamp(scene, 1))
    assert [task.known for task in scene.run(ShowWhence(place="a")).tasks] == ["claimed"]
    scene.when(UnlinkCommits(commits=["a"], task="1")).then("commit.unlinked")
    assert scene.run(ShowWhence(place="a")).tasks == []


# ---------------------------------------------------------------------------------------------- list and whence


def test_the_list_says_where_from_and_where_it_stands():
    scene = scene_with()
    scene.commits.make("a", "A", at="2026-11-01T00:00:00.000000Z")
    scene.commits.make("b", "B" + stamp(scene, 1), at="2026-11-02T00:00:00.000000Z", merged=False)
    scene.commits.make("c", "C", at="2026-11-03T00:00:00.000000Z", reachable=False)
    scene.commits.make("d", "D", at="2026-11-04T00:00:00.000000Z")
    scene.run(LinkCommits(commits=["a", "c"], task="1"))
    note(scene, A)
    note(scene, D, event="f" * 20)
    view = scene.run(ListCommits(task="1"))
    assert [(c.commit[0], c.known, c.known_from, c.reachable, c.merged) for c in view.commits] == [
        ("d", "claimed", ["note"], True, True),
        ("c", "recorded", ["event"], False, False),
        ("b", "claimed", ["trailer"], True, False),
        ("a", "recorded", ["event", "note"], True, True),
    ]
    assert (view.total, view.truncated, view.default_branch) == (4, False, "main")
    few = scene.run(ListCommits(task="1", limit=1))
    assert (len(few.commits), few.total, few.truncated) == (1, 4, True)
    scene.when(ListCommits(task="1", limit=-1)).refused("INVALID_INPUT", 2)


def test_a_commit_that_is_gone_is_known_by_what_the_event_kept():
    scene = scene_with()
    scene.commits.make("a", "The subject")
    scene.run(LinkCommits(commits=["a"], task="1"))
    scene.commits.stand("a", exists=False)
    [listed] = scene.run(ListCommits(task="1")).commits
    assert (listed.subject, listed.exists, listed.author) == ("The subject", False, None)


def test_whence_leads_to_plan_approval_and_criteria():
    scene = implementing()
    scene.commits.make("a", "Edit x", paths=["x.py"])
    scene.run(RecordCommit(task="1", source="hook"))
    view = scene.run(ShowWhence(place="a"))
    [task] = view.tasks
    assert (task.task_id, task.known, task.known_from, task.source) == ("task-0001", "recorded", ["event"], "hook")
    assert (task.run, task.change, task.actor.actor_name) == ("run-0002", "change-0001", "bot")
    assert (task.plan.version, task.plan.goal, task.plan.approval.via, task.plan.approval.by.actor_name) == (
        1,
        "Do it",
        "accept",
        "ada",
    )
    assert [(item.id, item.status) for item in task.criteria] == [("ac-0001", "not_run")]
    assert view.command is None and task.command == "gitledger task show task-0001"


def test_a_commit_of_no_task_comes_with_the_command_that_links_it():
    scene = scene_with()
    scene.commits.make("a", "A")
    view = scene.run(ShowWhence(place="a"))
    assert view.tasks == [] and view.command == f'gitledger commits link {A[:10]} --task "..."'
    scene.when(ShowWhence(place="nothing")).refused("NO_COMMIT", 5)


def test_a_line_that_is_not_committed_is_said_so():
    scene = scene_with()
    scene.commits.blamed = [BlamedLines(commit=None, first=3, lines=("x = 1",), path="x.py")]
    view = scene.run(ShowWhence(place="x.py:3"))
    assert (view.line.path, view.line.number, view.line.text, view.commit, view.command) == (
        "x.py",
        3,
        "x = 1",
        None,
        None,
    )


def test_blame_names_the_task_of_each_group_of_lines():
    scene = implementing()
    scene.commits.make("a", "A", paths=["x.py"])
    scene.run(RecordCommit(task="1"))
    scene.commits.make("b", "B" + stamp(scene, 1))
    scene.commits.make("c", "C")
    scene.commits.blamed = [
        BlamedLines(commit=A, first=1, lines=("1", "2"), path="x.py"),
        BlamedLines(commit=B, first=3, lines=("3",), path="x.py"),
        BlamedLines(commit=C, first=4, lines=("4",), path="x.py"),
        BlamedLines(commit=None, first=5, lines=("5",), path="x.py"),
    ]
    view = scene.run(BlameFile(file="x.py"))
    said = [(g.first, g.last, [(t.task_id, t.known, t.who) for t in g.tasks]) for g in view.groups]
    assert said == [
        (1, 2, [("task-0001", "recorded", "agent:bot")]),
        (3, 3, [("task-0001", "claimed", None)]),
        (4, 4, []),
        (5, 5, []),
    ]
    assert (view.total, view.command) == (4, f'gitledger commits link {C[:10]} --task "..."')


@pytest.mark.parametrize(
    ("lines", "wanted"), [("10,20", (10, 20)), ("10,+5", (10, 14)), ("7", (7, None)), (None, None)]
)
def test_the_range_of_lines(lines, wanted):
    assert BlameFile(file="x", lines=lines)._range() == wanted


@pytest.mark.parametrize("lines", ["0", "a", "1,2,3", "-1", "/x/", ""])
def test_no_range_of_lines(lines):
    scene_with().when(BlameFile(file="x", lines=lines)).refused("INVALID_INPUT", 2)


def test_the_task_of_another_ledger_is_found_there():
    scene, other = scene_with("Here"), scene_with("There")
    other.random.seed(99)
    other.run(CreateTask(title="Also there"))
    task = other.task("2")
    scene.others = {"feature": other.source}
    scene.commits.make("a", f"A\n\nTask-Id: {task.uid}")
    [tie] = scene.run(ShowWhence(place="a")).tasks
    assert (tie.ledger, tie.title, tie.known) == ("feature", "Also there", "claimed")
    assert tie.command == "gitledger --ledger feature task show task-0002"
    other.commits = scene.commits
    other.run(LinkCommits(commits=["a"], task="2"))
    [tie] = scene.run(ShowWhence(place="a")).tasks
    assert (tie.ledger, tie.known, tie.known_from) == ("feature", "recorded", ["event", "trailer"])
    event = other.task("2").commits[0].id
    scene.commits.lines[A] = [NoteLine(1, task.uid, "task-0002", "feature", None, event)]
    assert scene.run(ShowWhence(place="a")).tasks[0].known_from == ["event", "note", "trailer"]


def test_a_task_of_no_ledger_is_told_by_what_the_note_says():
    scene = scene_with()
    scene.commits.make("a", "A")
    scene.commits.lines[A] = [NoteLine(1, "9" * 8, "task-0042", "gone", None, "f" * 20)]
    [tie] = scene.run(ShowWhence(place="a")).tasks
    assert (tie.task_id, tie.title, tie.known, tie.ledger) == ("task-0042", None, "claimed", "gone")


def test_a_deleted_task_vouches_for_nothing():
    scene = scene_with()
    scene.commits.make("a", "A" + stamp(scene, 1))
    scene.run(LinkCommits(commits=["a"], task="1"))
    scene.run(DeleteTask(task="1", reason="Gone."))
    [tie] = scene.run(ShowWhence(place="a")).tasks
    assert (tie.known, tie.title) == ("claimed", None)


def test_task_show_and_contexts_show_the_commits():
    scene = implementing()
    for letter in "abcdef0123456789ABCDEFGH":
        scene.commits.make(letter, f"Edit {letter}")
        scene.run(RecordCommit(task="1"))
    view = scene.run(ShowTask(task="1"))
    assert [(commit.short, commit.subject, commit.source) for commit in view.commits][:2] == [
        (A[:10], "Edit a", "manual"),
        (B[:10], "Edit b", "manual"),
    ]
    page = scene.run(ShowContext(for_="implementer", task="1"))
    assert "## Commits\n\n- eeeeeeeeee Edit e" in page and "- and 4 before these" in page
    assert "## Commits" not in given(approved).run(ShowContext(for_="full", task="1"))
    assert [commit.short for commit in scene.run(ShowContext(task="1", format="json")).commits][:1] == [A[:10]]


# ---------------------------------------------------------------------------------------------- reconcile


def rewritten(*letters: str, number: int = 1) -> Scene:
    """A scene in which commits were linked that no branch leads to any more."""
    scene = scene_with("One", "Two")
    for letter in letters:
        scene.commits.make(letter, f"Edit {letter}" + stamp(scene, number), patch=f"patch {letter}")
        scene.run(LinkCommits(commits=[letter], task=str(number)))
        scene.commits.stand(letter, reachable=False)
    return scene


def test_pairs_lead_every_task_to_the_new_commit():
    scene = rewritten("a", "b")
    scene.commits.make("d", "Squashed")
    scene.run(LinkCommits(commits=["b"], task="2"))
    pairs = f"{A} {D}\n{B} {D} extra\n\n{C} {D}\n{D} {D}\n"
    view = scene.when(ReconcileCommits(pairs=pairs)).then("commit.linked", "commit.linked")
    assert [(move.task_id, move.replaced, move.commit, move.by) for move in view.moved] == [
        ("task-0001", [A, B], D, "rewrite"),
        ("task-0002", [B], D, "rewrite"),
    ]
    assert links(scene) == links(scene, 2) == ["d"]
    assert not scene.when(ReconcileCommits(pairs=pairs)).then().changed


def test_a_squash_carries_the_changes_over():
    scene = implementing()
    for letter in "ab":
        scene.commits.make(letter, f"Edit {letter}", paths=[f"{letter}.py"])
        scene.run(RecordCommit(task="1", source="hook"))
    scene.commits.make("d", "Both")
    scene.run(ReconcileCommits(pairs=f"{A} {D}\n{B} {D}\n"))
    task = scene.task("1")
    assert [(change.path, change.commit) for change in task.changes] == [("a.py", D), ("b.py", D)]
    [link] = task.commits
    assert (link.commit, link.change, link.run, link.source) == (
        D,
        task.changes[-1].id,
        task.changes[-1].run,
        "rewrite",
    )
    assert scene.run(ListCommits(task="1")).commits[0].known_from == ["event", "change"]


def test_pairs_to_a_commit_that_is_not_here_change_nothing():
    scene = rewritten("a")
    assert not scene.when(ReconcileCommits(pairs=f"{A} {E}")).then().moved


@pytest.mark.parametrize("pairs", ["abc def", f"{A}", f"{A}  {B}", f"{A[:-1]}g {B}", "x"])
def test_pairs_of_another_form_are_refused(pairs):
    rewritten("a").when(ReconcileCommits(pairs=pairs)).refused("INVALID_INPUT", 2)


def test_pairs_and_a_range_exclude_each_other():
    rewritten("a").when(ReconcileCommits(pairs=f"{A} {B}", revisions="main")).refused("INVALID_INPUT", 2)


def test_by_patch_id():
    scene = rewritten("a")
    scene.commits.make("d", "Other words", patch="patch a")
    view = scene.when(ReconcileCommits()).then("commit.linked")
    assert [(move.by, move.replaced, move.commit) for move in view.moved] == [("patch-id", [A], D)]
    assert scene.task("1").commits[0].source == "rewrite"


def test_of_several_with_one_patch_the_one_that_looks_the_same():
    scene = rewritten("a")
    scene.commits.make("d", "Other words", patch="patch a")
    scene.commits.make("e", "Edit a" + stamp(scene, 1), patch="patch a")
    assert [move.commit for move in scene.run(ReconcileCommits()).moved] == [E]


def test_several_that_look_the_same_are_listed():
    scene = rewritten("a")
    for letter in "de":
        scene.commits.make(letter, "Edit a", patch="patch a")
    view = scene.when(ReconcileCommits()).then()
    assert [(stray.commit, sorted(stray.candidates)) for stray in view.ambiguous] == [(A, [D, E])]
    assert view.ambiguous[0].command == "gitledger commits list --task task-0001"


def test_by_trailer_subject_and_author_time():
    scene = rewritten("a")
    scene.commits.make("d", "Edit a" + stamp(scene, 1), patch="something else")
    scene.commits.make("e", "Edit a" + stamp(scene, 1), patch="else again", at="2026-11-20T09:30:00.000000Z")
    assert [(move.by, move.commit) for move in scene.run(ReconcileCommits()).moved] == [("text", D)]


def test_a_commit_that_is_the_task_s_own_is_no_successor_by_its_words():
    scene = rewritten("a")
    scene.commits.make("d", "Edit a" + stamp(scene, 1), patch="something else")
    scene.run(LinkCommits(commits=["d"], task="1"))
    view = scene.when(ReconcileCommits()).then()
    assert [stray.commit for stray in view.lost] == [A] and view.lost[0].candidates == []


def test_by_the_body_of_a_squash_and_by_the_ids_in_it():
    scene = rewritten("a", "b")
    scene.commits.make("d", "PR (#1)\n\n* Edit a" + stamp(scene, 1))
    scene.commits.make("e", f"PR (#2)\n\ncommit {B}\n")
    view = scene.run(ReconcileCommits())
    assert {(move.replaced[0], move.commit, move.by) for move in view.moved} == {(A, D, "text"), (B, E, "text")}


def test_a_whole_branch_by_its_patch():
    scene = rewritten("a", "b")
    scene.commits.branches[B] = ("all of it", [A, B])
    scene.commits.make("d", "PR (#1)", patch="all of it")
    assert [(move.replaced, move.by) for move in scene.run(ReconcileCommits()).moved] == [([A, B], "patch-id")]


def test_a_merge_takes_nobody_s_place():
    scene = rewritten("a")
    scene.commits.make("d", "Edit a" + stamp(scene, 1), patch="patch a", parents=("b", "c"))
    assert not scene.when(ReconcileCommits()).then().moved


def test_while_a_branch_leads_to_it_the_merged_copy_is_linked_beside():
    scene = rewritten("a")
    scene.commits.stand("a", merged=False)
    scene.commits.make("d", "Edit a", patch="patch a", merged=False)
    assert not scene.when(ReconcileCommits()).then().moved, "a copy on another branch is a copy"
    scene.commits.stand("d")
    view = scene.when(ReconcileCommits()).then("commit.linked")
    assert links(scene) == ["a", "d"] and view.moved[0].replaced == []
    assert not scene.when(ReconcileCommits()).then().changed
    scene.commits.stand("a", reachable=False)
    scene.when(ReconcileCommits()).then("commit.linked")
    assert links(scene) == ["d"]


def test_what_nothing_succeeds_is_listed_with_what_may_be_done():
    scene = rewritten("a", "b")
    scene.commits.make("d", "Quite another" + stamp(scene, 1))
    view = scene.when(ReconcileCommits()).then()
    assert [(stray.commit, stray.candidates) for stray in view.lost] == [(A, [D]), (B, [D])]
    assert view.lost[0].command == f"gitledger commits link {D} --replaces {A} --task task-0001"
    scene.run(LinkCommits(commits=["d"], task="1"))
    assert scene.run(ReconcileCommits()).lost[0].command == f"gitledger commits unlink {A} --task task-0001"


def test_what_is_not_here_may_be_a_colleague_s_and_is_not_called_lost():
    scene = rewritten("a")
    scene.commits.stand("a", exists=False)
    view = scene.when(ReconcileCommits()).then()
    assert (view.absent, view.lost, view.ambiguous) == (1, [], [])
    scene.commits.make("d", "Edit a" + stamp(scene, 1))
    assert [(move.commit, move.by) for move in scene.run(ReconcileCommits()).moved] == [(D, "text")]


def test_a_dry_run_changes_nothing():
    scene = rewritten("a")
    scene.commits.make("d", "x", patch="patch a")
    view = scene.when(ReconcileCommits(dry_run=True)).then()
    assert (view.dry_run, view.changed, [move.commit for move in view.moved]) == (True, False, [D])
    assert scene.world.unwritten_notes == []


def test_notes_are_asked_for_all_links():
    scene = rewritten("a", "b")
    scene.run(WriteNotes())
    uid = scene.task("1").uid
    assert scene.world.unwritten_notes == [(uid, A), (uid, B)]
    scene.commits.make("d", "x", patch="patch a")
    scene.run(ReconcileCommits())
    assert sorted(scene.world.unwritten_notes) == [(uid, B), (uid, D)]


def test_the_policy_names_the_trailers_of_a_scan():
    scene = scene_with().with_policy(Policy(trailers=Trailers(task="Ticket", id="Ticket-Id")))
    scene.commits.make("a", f"A\n\nTicket-Id: {scene.task('1').uid}")
    assert [link.commit for link in scene.run(ScanCommits(revisions="main")).linked] == [A]
