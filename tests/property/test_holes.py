"""Each hole that a prototype of merging fell into, as one test (issue 3, §2): the rule that closes it is named in the design."""

import subprocess

import pytest
from msgspec import structs

import pygit2

from gitledger.errors import LedgerError, StorageError
from gitledger.model import apply, codec, fold
from gitledger.model.events import (
    ClaimTaken,
    CommentAdded,
    Fields,
    LedgerClosed,
    TaskArchived,
    TaskCancelled,
    TaskDeleted,
    TaskEdited,
    TaskRenumbered,
    TodoAdded,
    TodoDone,
    WorkspaceSet,
)
from gitledger.ops._base import in_book, on
from gitledger.ops._world import live_claim
from gitledger.store.content import Content
from gitledger.store.folders import event_names
from gitledger.store.merge import merge_tips, only_adds
from gitledger.store.objects import read_commit
from gitledger.store.tree import find, task_directory, write_tree
from gitledger.store.unite import find_twins, folder_tree, unite_twins
from gitledger.store.verify import verify
from tests.property.play import START, YEAR_S, History
from tests.property.repositories import Tell, Workshop, check_merge_commit

LATER = "2026-11-20T10:00:10.000000Z"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("holes"), 3)


@pytest.fixture
def begin(place):
    """Start anew; three clones and a hub, all at one tip of `main` with one task."""

    def start(**history):
        history = {"skews": (0, 0, 0)} | history
        place.begin(History(steps=[], **history))
        place.uid = only(place, 0).uid
        place.sync(0, "main")
        return place

    return start


def tell(place, who, *payloads, uid=None, name="main"):
    """Record payloads on a task (the first, unless another is named) as that replica."""
    place.run(who, name, Tell(steps=lambda world: [on(uid or place.uid, payload) for payload in payloads]))


def create(place, who, name="main", value=0):
    before = {task.uid for task in tasks(place, who, name)}
    place._create(who, name, value)
    return next(task for task in tasks(place, who, name) if task.uid not in before)


def tasks(place, who, name="main"):
    """The records in a replica, by number."""
    return read(place, place.tip(who, name))


def read(place, tip):
    found = [fold.fold(events).task for events in place.event_sets(tip).values()]
    return sorted(found, key=lambda task: (task.number, task.uid))


def only(place, who):
    (task,) = tasks(place, who)
    return task


def pull(place, who, other, name="main"):
    return place.take(who, name, place.tip(other, name))


def is_whole(place, tip, codes=()):
    report = verify(place.ledgers[0, "main"].repo, "main", tip)
    assert sorted({finding.code for finding in report.findings}) == sorted(codes)


def commit(place, tip, files=None, grafts=None, ledger="main", who=0):
    """A commit on top of `tip` that no operation would make, as somebody with plain git might."""
    root = write_tree(place.pg, read_commit(place.pg, tip).tree_id, files or {}, grafts=grafts or {})
    somebody = pygit2.Signature("Eve", "eve@example.org", read_commit(place.pg, tip).commit_time, 0)
    return str(place.pg.create_commit(None, somebody, somebody, "by hand\n", root, [tip]))


# ---------------------------------------------------------------------------------------------- numbers


def test_settling_numbers_with_several_ledgers_and_adoption(begin):
    """A task lives in two ledgers, and each has another rival for its number: each ledger settles on its own, once."""
    place = begin()
    mine = create(place, 0)
    theirs = create(place, 1)
    assert mine.number == theirs.number == 2
    create(place, 0, "feature")
    create(place, 0, "feature", 1)
    place._adopt(0, "feature", 1)
    place._adopt(0, "feature", 0)
    assert len(tasks(place, 0, "feature")) == 4
    place.sync(1, "main")
    place.sync_until_nothing_moves()
    place.check()
    assert {task.uid: task.number for task in tasks(place, 2)} == {place.uid: 1, theirs.uid: 2, mine.uid: 3}
    for name in ("main", "feature"):
        place.take(0, name, place.tip(0, "feature" if name == "main" else "main"))
    place.sync_until_nothing_moves()
    place.check()


def test_a_number_never_silently_changes_its_owner(begin):
    """Clone 0 gives task 2 another number and number 2 to another task; where that meets the hub, the hub's owner decides."""
    place = begin()
    known = create(place, 0)
    place.sync(0, "main")
    tell(place, 0, TaskRenumbered(number=9, previous=2), uid=known.uid)
    new = create(place, 0)
    tell(place, 0, TaskRenumbered(number=2, previous=new.number), uid=new.uid)
    place.sync(0, "main")
    numbers = {task.uid: task.number for task in tasks(place, 0)}
    assert numbers[known.uid] == 9 and numbers[new.uid] not in (1, 2, 9)


def test_peers_that_pull_each_other_never_renumber(begin):
    place = begin()
    create(place, 0)
    create(place, 1)
    for _ in range(3):
        pull(place, 0, 1)
        pull(place, 1, 0)
    assert place.tip(0, "main") == place.tip(1, "main")
    assert [task.number for task in tasks(place, 0)] == [1, 2, 2]
    assert not pull(place, 0, 1) and not pull(place, 1, 0)


def test_rings_without_a_hub_make_no_merge_of_merges(begin):
    place = begin()
    for who in range(3):
        tell(place, who, CommentAdded(number=1, text=f"from {who}"))
    for _ in range(3):
        for who in range(3):
            pull(place, who, (who + 1) % 3)
    tips = {place.tip(who, "main") for who in range(3)}
    assert len({place.tree(tip) for tip in tips}) == 1
    for who in range(3):
        assert not pull(place, who, (who + 1) % 3)
    # Tips of equal trees that do not contain one another: the smaller id, and no commit.
    twins = [alike(place, place.tip(0, "main"), word) for word in ("one", "other")]
    merged = place.merge(*twins)
    assert (merged.kind, merged.tip) == ("equal", min(twins))


def alike(place, tip, word):
    """A commit on top of `tip` with the same tree."""
    somebody = pygit2.Signature("Eve", "eve@example.org", read_commit(place.pg, tip).commit_time, 0)
    return str(place.pg.create_commit(None, somebody, somebody, f"{word}\n", place.tree(tip), [tip]))


@pytest.mark.parametrize("are_at_once", [False, True])
def test_tips_of_equal_trees_that_go_before_one_another_in_a_circle(begin, are_at_once):
    """Of X on top of Y, and Z beside them, with ids Y < Z < X: were it for the smaller id alone, X would go before
    Y, which it contains, Y before Z, and Z before X, so that three clones in a ring would keep three tips for ever."""
    place = begin()
    base = place.tip(0, "main")
    for number in range(100):
        y, z = alike(place, base, f"y {number}"), alike(place, base, f"z {number}")
        x = alike(place, y, "x")
        if y < z < x:
            break
    assert y < z < x
    for who, tip in enumerate((x, y, z)):
        place.ledgers[who, "main"].repo.pg.references.create("refs/taskledger/main", tip, force=True)
    for _ in range(3):
        tips = [place.tip(who, "main") for who in range(3)]
        for who in range(3):
            place.take(who, "main", tips[(who + 1) % 3] if are_at_once else place.tip((who + 1) % 3, "main"))
    assert {place.tip(who, "main") for who in range(3)} == {x}


# ---------------------------------------------------------------------------------------------- claims and status


@pytest.mark.parametrize("carried_by_a_peer", [False, True])
def test_a_stale_offline_claim_with_a_lower_clock_loses(begin, carried_by_a_peer):
    """Clone 1 claimed offline, before (by clock) clone 0, which the hub saw first. Clone 1 loses, whoever brings its claim."""
    place = begin(skews=(0, -YEAR_S, 0))
    tell(place, 0, CommentAdded(number=1, text="later by the clock"), ClaimTaken(lease_s=7200))
    tell(place, 1, ClaimTaken(lease_s=7200))
    place.sync(0, "main")
    if carried_by_a_peer:
        pull(place, 2, 1)
        place.sync(2, "main")
    place.sync(1, "main")
    (claim,) = tasks(place, 1)[0].claims
    assert claim.actor.name == "agent-0"
    assert live_claim([claim], LATER) == claim


def test_a_stale_cancel_does_not_wipe_out_later_work(begin):
    place = begin()
    tell(place, 1, CommentAdded(number=1, text="a"), TaskCancelled(previous="draft"))
    tell(place, 0, *(TodoAdded(number=n, text=f"{n}", source="user") for n in range(1, 9)))
    tell(place, 0, *(TodoDone(todo=todo.id) for todo in only(place, 0).todos))
    pull(place, 0, 1)
    task = only(place, 0)
    assert (len(task.todos), sum(todo.is_done for todo in task.todos), len(task.comments)) == (8, 8, 1)
    assert task.status == "cancelled"


# ---------------------------------------------------------------------------------------------- clocks


def test_equal_events_at_one_frozen_instant_are_one_event_and_different_ones_two(begin):
    place = begin(is_frozen=True, are_twins=True)
    for who in (0, 1):
        tell(place, who, CommentAdded(number=1, text="the same"))
    assert place.tip(0, "main") == place.tip(1, "main")
    place.merge(place.tip(0, "main"), place.tip(1, "main"))
    tell(place, 0, CommentAdded(number=2, text="mine"))
    tell(place, 1, CommentAdded(number=2, text="yours"))
    pull(place, 0, 1)
    assert sorted(comment.text for comment in only(place, 0).comments) == ["mine", "the same", "yours"]
    # With a nonce of its own, the same remark made twice is two remarks.
    place = begin(is_frozen=True)
    for who in (0, 1):
        tell(place, who, CommentAdded(number=1, text="the same"))
    pull(place, 0, 1)
    assert [comment.number for comment in only(place, 0).comments] == [1, 1]


def test_clocks_skewed_by_years(begin):
    """The commit date is max(now, parent's), so that it never runs backwards; what holds is decided by the Lamport clock."""
    place = begin(skews=(30 * YEAR_S, -20 * YEAR_S, 0))
    tell(place, 0, TaskEdited(fields=Fields(title="by the future")))
    pull(place, 1, 0)
    tell(place, 1, TaskEdited(fields=Fields(title="by the past")))
    assert only(place, 1).title == "by the past" and only(place, 1).conflicts == []
    tell(place, 2, CommentAdded(number=1, text="now"))
    merged = place.merge(place.tip(1, "main"), place.tip(2, "main"))
    for walked in place.pg.walk(merged.tip):
        assert all(walked.commit_time >= parent.commit_time for parent in walked.parents)
    check_merge_commit(place.pg, merged.tip, place.tip(1, "main"), place.tip(2, "main"))


# ---------------------------------------------------------------------------------------------- two fold versions


def newer_fold(patch):
    """From here on this is the next version of gitledger: every record has a summary derived in a new way."""
    old = apply.APPLY["task.created"]

    def created(state, event, data):
        old(state, event, data)
        state.task.summary = f"{data.title} (version 2)"

    patch.setitem(apply.APPLY, "task.created", created)
    patch.setattr(codec, "FOLD_VERSION", codec.FOLD_VERSION + 1)


def two_versions_meet(place, monkeypatch):
    """A side of version 1 and one that the next version has refolded: all of the merge is what the next version makes of it."""
    old_only = create(place, 0, value=1)
    new_only = create(place, 1, value=2)
    tell(place, 0, CommentAdded(number=1, text="old"))
    tip = place.tip(1, "main")
    newer_fold(monkeypatch)
    files = {"ledger.json": structs.replace(codec.decode_ledger(Content(place.pg, tip).file("ledger.json")), fold=codec.FOLD_VERSION)}
    files = {"ledger.json": codec.encode_ledger(files["ledger.json"])}
    for path, events in place.event_sets(tip).items():
        files |= {f"{path}/{name}": data for name, data in fold.files(fold.fold(events)).items() if data is not None}
    newer = commit(place, tip, files)
    merged = place.merge(place.tip(0, "main"), newer)
    is_whole(place, merged.tip)
    found = {task.uid for task in read(place, merged.tip)}
    assert found >= {place.uid, old_only.uid, new_only.uid}
    for path in place.event_sets(merged.tip):
        assert b"(version 2)" in Content(place.pg, merged.tip).file(f"{path}/task.json"), "a task was left as it was folded"
    assert codec.decode_ledger(Content(place.pg, merged.tip).file("ledger.json")).fold == codec.FOLD_VERSION
    return merged.tip, newer


def test_tips_of_two_fold_versions(begin, monkeypatch):
    place = begin()
    create(place, 0)
    place.sync(0, "main")
    pull(place, 1, 0)
    with monkeypatch.context() as newer:
        merged, tip = two_versions_meet(place, newer)
    for one, other in ((place.tip(0, "main"), tip), (tip, place.tip(0, "main"))):
        with pytest.raises(StorageError) as caught:
            merge_tips(place.pg, one, other)
        assert (caught.value.code, caught.value.exit_code) == ("UPGRADE_REQUIRED", 6)
    # What contains everything may be taken: nothing has to be written for it.
    assert place.merge(place.tip(0, "main"), merged).kind == "forward"


# ---------------------------------------------------------------------------------------------- what was dropped


def test_a_fast_forward_to_a_tip_that_dropped_a_task_is_refused(begin):
    place = begin()
    create(place, 0)
    tip = place.tip(0, "main")
    (path, _), _ = place.folders(tip)
    bad = commit(place, tip, {path: None})
    for one, other in ((tip, bad), (bad, tip)):
        with pytest.raises(StorageError) as caught:
            merge_tips(place.pg, one, other)
        assert (caught.value.code, caught.value.exit_code) == ("STORAGE_CORRUPTION", 6)
        assert caught.value.details["lost"][0].startswith(path)


def test_a_fast_forward_to_a_tip_that_changed_an_event_is_refused(begin):
    place = begin()
    tip = place.tip(0, "main")
    path, _ = place.folders(tip)[0]
    name = next(iter(event_names(place.pg, place.folders(tip))))
    with pytest.raises(StorageError):
        merge_tips(place.pg, tip, commit(place, tip, {f"{path}/events/{name}": b"{}\n"}))
    with pytest.raises(StorageError):
        merge_tips(place.pg, tip, commit(place, tip, {f"book/events/{n}": None for n in event_names(
            place.pg, [("book", find(place.pg, place.tree(tip), "book"))])}))


def two_folders(place, tip, *, rest=True):
    """A commit in which the first task lies in a second folder too, with what one more event makes of it there."""
    (path, oid), *_ = place.folders(tip)
    events = place.event_sets(tip)[path]
    task = fold.fold(events).task
    moved = codec.seal(
        TaskRenumbered(number=7, previous=task.number),
        task=task.uid,
        clock=task.clock + 1,
        after=task.heads,
        nonce="00000000",
        at=START,
        op="test",
        actor=events[0].actor,
    )
    second = task_directory(7, task.uid)
    raw = place.pg.create_blob(moved.raw)
    names = event_names(place.pg, [(path, oid)]) | {codec.file_name(moved): raw}
    return commit(place, tip, grafts={second: folder_tree(place.pg, names, fold.files(fold.fold([*events, moved])))})


@pytest.mark.parametrize("on_both_sides", [False, True])
def test_a_task_in_two_directories(begin, on_both_sides):
    """Somebody merged with plain git: the next merge that touches the task unites its folders, and loses no event."""
    place = begin()
    doubled = two_folders(place, place.tip(0, "main"))
    is_whole(place, doubled, ["DUPLICATE_TASK"])
    tell(place, 1, CommentAdded(number=1, text="meanwhile"))
    other = two_folders(place, place.tip(1, "main")) if on_both_sides else place.tip(1, "main")
    merged = place.merge(doubled, other)
    is_whole(place, merged.tip)
    (task,) = read(place, merged.tip)
    assert (task.number, task.former_numbers, len(task.comments)) == (7, [1], 1)
    only_adds(place.pg, place.tree(doubled), place.tree(merged.tip))


def test_taking_one_of_two_equal_directories_away_loses_nothing(begin):
    place = begin()
    doubled = two_folders(place, place.tip(0, "main"))
    (path, _), _ = sorted(place.folders(doubled))
    assert place.merge(doubled, commit(place, doubled, {path: None})).kind == "forward"


def test_a_united_task_whose_folder_is_taken_by_its_own_twin(begin):
    """Both sides hold the old folder alike, and the second moves back to where the old one lies: nothing is overwritten."""
    place = begin()
    tell(place, 0, CommentAdded(number=1, text="only in the old folder"))
    doubled = two_folders(place, place.tip(0, "main"))
    (_, _), (path, oid) = sorted(place.folders(doubled))
    sides = []
    for text in ("one", "two"):
        events = place.event_sets(doubled)[path]
        names = event_names(place.pg, [(path, oid)])
        for payload in (TaskRenumbered(number=1, previous=7), CommentAdded(number=2, text=text)):
            task = fold.fold(events).task
            event = codec.seal(
                payload,
                task=task.uid,
                clock=task.clock + 1,
                after=task.heads,
                nonce="00000001",
                at=START,
                op="test",
                actor=events[0].actor,
            )
            events = [*events, event]
            names[codec.file_name(event)] = place.pg.create_blob(event.raw)
        sides.append(commit(place, doubled, grafts={path: folder_tree(place.pg, names, fold.files(fold.fold(events)))}))
    merged = place.merge(*sides)
    (task,) = read(place, merged.tip)
    assert [comment.text for comment in task.comments][0] == "only in the old folder" and len(task.comments) == 3
    assert place.folders(merged.tip)[0][0] == task_directory(1, task.uid)


# ---------------------------------------------------------------------------------------------- items and deletion


def test_item_numbers_after_concurrent_adds_are_shared_and_never_shift(begin):
    place = begin()
    tell(place, 0, TodoAdded(number=1, text="mine", source="user"))
    tell(place, 1, TodoAdded(number=1, text="yours", source="user"))
    mine, yours = only(place, 0).todos[0].id, only(place, 1).todos[0].id
    pull(place, 0, 1)
    assert {(todo.id, todo.number) for todo in only(place, 0).todos} == {(mine, 1), (yours, 1)}
    tell(place, 0, TodoDone(todo=yours))
    assert {todo.text: todo.is_done for todo in only(place, 0).todos} == {"mine": False, "yours": True}
    with pytest.raises(LedgerError) as caught:

        def ask(world):
            task = world.task(place.uid)
            world.item(task.todos, "todo", "1", task)
            yield

        place.run(0, "main", Tell(steps=ask))
    assert (caught.value.code, caught.value.exit_code) == ("AMBIGUOUS", 4)
    assert len(caught.value.details["candidates"]) == 2


def test_deletion_hides_the_task_and_keeps_the_edit_that_did_not_know(begin):
    place = begin()
    tell(place, 0, TaskDeleted(reason="no"))
    tell(place, 1, TaskEdited(fields=Fields(title="Still needed")), CommentAdded(number=1, text="!"))
    pull(place, 0, 1)
    pull(place, 1, 0)
    assert place.tip(0, "main") == place.tip(1, "main")
    task = only(place, 0)
    assert task.deleted_at is not None and task.title == "Still needed" and len(task.comments) == 1
    is_whole(place, place.tip(0, "main"))


def test_prune_after_a_merge_loses_nothing(tmp_path):
    """In a repository of its own, with git's strictest collection right after the merge: all of it is still reachable."""
    place = Workshop(tmp_path, 2)
    place.begin(History(steps=[], skews=(0, 0)))
    place.uid = only(place, 0).uid
    tell(place, 0, TaskArchived())
    tell(place, 1, CommentAdded(number=1, text="x"))
    pull(place, 0, 1)
    tip = place.tip(0, "main")
    for who in (1, 2):
        place.pg.references.create(f"refs/keep/{who}", tip)
    folder = tmp_path / "r0"
    for words in (["repack", "-adq"], ["gc", "--quiet", "--prune=now"], ["fsck", "--full", "--strict"]):
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    fresh = Workshop.__new__(Workshop)
    fresh.pg = pygit2.Repository(str(folder))
    report = verify(place.ledgers[0, "main"].repo, "main", tip)
    assert report.findings == []
    (task,) = read(fresh, tip)
    assert (len(task.comments), task.archived_at is not None) == (1, True)


# ---------------------------------------------------------------------------------------------- what else can meet


def test_a_tombstone_stands_for_the_event_that_the_other_side_still_has(begin):
    place = begin()
    tell(place, 0, CommentAdded(number=1, text="a secret"))
    pull(place, 1, 0)
    tip = place.tip(0, "main")
    path, oid = place.folders(tip)[0]
    names = event_names(place.pg, [(path, oid)])
    secret = max(names)
    sides = []
    for who in range(2):
        stone = {**names, f"{secret}.redacted": place.pg.create_blob(b"removed by %d\n" % who)}
        del stone[secret]
        events = [event for event in place.event_sets(tip)[path] if codec.file_name(event) != secret]
        sides.append(commit(place, tip, grafts={path: folder_tree(place.pg, stone, fold.files(fold.fold(events)))}))
    tell(place, 1, CommentAdded(number=2, text="after"))
    for one, other in ((sides[0], place.tip(1, "main")), tuple(sides), (place.merge(*sides).tip, place.tip(1, "main"))):
        merged = place.merge(one, other)
        held = event_names(place.pg, place.folders(merged.tip))
        assert f"{secret}.redacted" in held and secret not in held
        only_adds(place.pg, place.tree(one), place.tree(merged.tip))
    is_whole(place, place.merge(sides[0], place.tip(1, "main")).tip)
    # Two tombstones of one event differ in what is written on them; that is not a changed event.
    is_whole(place, place.merge(*sides).tip)


def test_uniting_folders_goes_by_the_whole_uid_and_heeds_tombstones(begin):
    """What `ledger doctor --fix` does: an event removed in one folder stays so, and tasks whose uids begin alike stay two."""
    place = begin()
    tell(place, 0, CommentAdded(number=1, text="a secret"))
    tip = place.tip(0, "main")
    place.created = next(iter(place.event_sets(tip).values()))[0].data
    secret = max(event_names(place.pg, place.folders(tip)))
    doubled = two_folders(place, tip)
    (path, _), _ = place.folders(doubled)
    doubled = commit(place, doubled, {f"{path}/events/{secret}": None, f"{path}/events/{secret}.redacted": b"removed\n"})
    stranger = task_directory(8, place.uid)
    other = codec.seal(
        structs.replace(place.created, number=8),
        task=place.uid[:-1] + ("0" if place.uid[-1] != "0" else "1"),
        clock=1,
        after=[],
        nonce="00000000",
        at=START,
        op="test",
        actor=place.event_sets(tip)[path][0].actor,
    )
    names = {codec.file_name(other): place.pg.create_blob(other.raw)}
    doubled = commit(place, doubled, grafts={stranger: folder_tree(place.pg, names, fold.files(fold.fold([other])))})
    assert [[path for path, _ in folders] for folders in find_twins(place.pg, doubled).values()] == [
        [path, task_directory(7, place.uid)]
    ]
    united = unite_twins(place.pg, doubled)
    assert united.uids == [place.uid]
    tip = commit(place, doubled, united.files, united.grafts)
    is_whole(place, tip)
    assert [(task.number, task.uid) for task in read(place, tip)] == [(7, place.uid), (8, other.task)]
    held = event_names(place.pg, place.folders(tip))
    assert f"{secret}.redacted" in held and secret not in held


def twins(place, number, other_number):
    """Two tasks on two sides whose uids begin with the same 12 digits."""
    sides = []
    for who, (tail, held) in enumerate((("a", number), ("b", other_number))):
        uid = f"11111111-1111-4111-a111-11111111111{tail}"
        tell(place, who, structs.replace(place.created, number=held), uid=uid)
        sides.append(place.tip(who, "main"))
    return sides


def test_two_uids_that_begin_alike_stay_two_tasks(begin):
    place = begin()
    place.created = next(iter(place.event_sets(place.tip(0, "main")).values()))[0].data
    merged = place.merge(*twins(place, 5, 6))
    assert [(task.number, task.uid[-1]) for task in read(place, merged.tip)][1:] == [(5, "a"), (6, "b")]
    place = begin()
    one, other = twins(place, 5, 5)
    for pair in ((one, other), (other, one)):
        with pytest.raises(StorageError) as caught:
            merge_tips(place.pg, *pair)
        assert caught.value.exit_code == 6


def test_what_belongs_into_no_ledger_makes_no_difference(begin):
    place = begin()
    tip = place.tip(0, "main")
    tell(place, 1, CommentAdded(number=1, text="x"))
    odd = commit(place, tip, {"README": b"hi\n", "tasks/00/x": b"x\n", "extra/file": b"x\n", "tasks/77": b"no shard\n"})
    merged = place.merge(odd, place.tip(1, "main"))
    is_whole(place, merged.tip)


def test_closed_ledgers_and_books_with_workspaces(begin):
    """Books unite as tasks do: what one side set stays, and who closed it closed it for both."""
    place = begin()
    for who, name in ((0, "one"), (1, "two")):
        place.run(who, "main", Tell(steps=lambda world, name=name: [in_book(WorkspaceSet(name=name))]))
    place.run(0, "main", Tell(steps=lambda world: [in_book(LedgerClosed(reason="done"))]))
    merged = place.merge(place.tip(0, "main"), place.tip(1, "main"))
    book = Content(place.pg, merged.tip).book()
    assert ([one.name for one in book.workspaces], book.closed_reason) == (["one", "two"], "done")
    is_whole(place, merged.tip)


def test_unrelated_roots_merge_to_the_smaller_uid(begin):
    place = begin()
    tips = [place.tip(who, "feature") for who in range(2)]
    uids = [codec.decode_ledger(Content(place.pg, tip).file("ledger.json")).uid for tip in tips]
    assert uids[0] != uids[1]
    merged = place.merge(*tips)
    assert codec.decode_ledger(Content(place.pg, merged.tip).file("ledger.json")).uid == min(uids)
    is_whole(place, merged.tip)
    content = Content(place.pg, merged.tip)
    assert len(content.events("book")) == 2


def test_equal_records_have_equal_bytes():
    """A status that came from an event's bytes and one that stands in the code are the same status (design §3, canonical)."""
    one = fold.start("u", None).task
    other = structs.replace(one, status="".join(("dr", "aft")))
    assert one == other
    assert codec.encode_record(one) == codec.encode_record(other)
