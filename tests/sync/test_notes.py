"""The notes ref travels along: one commit id whoever merges, every line kept, a fixed fan-out."""

import os

from gitledger.store.notes import merge_notes
from gitledger.store.repo import open_repository

NOTES = "refs/notes/taskledger"


def annotate(clone, line: str, count: int = 3) -> None:
    """A line on each of the first commits of the project, which both clones have."""
    for number in range(count):
        clone.git("notes", "--ref", "taskledger", "append", "-m", f"{line} {number}", f"code{number}")


def with_code(*clones) -> None:
    first = clones[0]
    for number in range(3):
        first.write("code.py", f"{number}\n")
        first.commit(f"Code {number}")
        first.git("tag", f"code{number}")
    first.git("push", "--quiet", "--tags", "origin")
    for clone in clones[1:]:
        clone.git("fetch", "--quiet", "--tags", "origin")


def test_notes_travel_along(clones, hub):
    a, b = clones
    with_code(a, b)
    annotate(a, "from a")
    assert a.sync()["notes"] == "sent"
    annotate(b, "from b")
    assert b.sync()["notes"] == "merged"
    assert a.sync()["notes"] == "received"
    assert a.sync()["notes"] == "in_sync"
    assert a.tip(NOTES) == b.tip(NOTES) == hub.git("rev-parse", NOTES)
    assert a.git("notes", "--ref", "taskledger", "show", "code1").splitlines() == ["from a 1", "from b 1"]
    names = a.git("ls-tree", "-r", "--name-only", NOTES).splitlines()
    assert sorted(name.replace("/", "") for name in names) == sorted(a.git("rev-parse", "code0", "code1", "code2").split())
    assert all(len(name) == 41 and name[2] == "/" for name in names)


def test_the_merge_is_the_same_whoever_makes_it(clones):
    a, b = clones
    with_code(a, b)
    annotate(a, "both", 2)
    a.sync()
    b.sync()
    annotate(a, "from a", 3)
    annotate(b, "from b", 2)
    b.git("fetch", "--quiet", str(a.path), f"{NOTES}:refs/other/a")
    ours, theirs = b.tip(NOTES), b.tip("refs/other/a")
    repo = open_repository(str(b.path), os.environ)
    merged = merge_notes(repo, ours, theirs)
    assert merged == merge_notes(repo, theirs, ours)
    assert merge_notes(repo, merged, ours) == merge_notes(repo, theirs, merged) == merged
    assert merge_notes(repo, None, ours) == ours and merge_notes(repo, None, None) is None
    assert b.git("log", "-1", "--format=%an <%ae> %cn <%ce>%n%s", merged).splitlines() == [
        "gitledger <merge@gitledger.invalid> gitledger <merge@gitledger.invalid>",
        "merge ledgers",
    ]
    assert b.git("show", "-s", "--format=%ct", merged) == max(b.git("show", "-s", "--format=%ct", ours, theirs).split())
    commit = b.git("rev-parse", "code0")
    assert b.git("show", f"{merged}:{commit[:2]}/{commit[2:]}").splitlines() == ["both 0", "from a 0", "from b 0"]


def test_of_equal_notes_all_who_pull_take_the_same_and_what_is_published_is_not_taken_back(clones):
    a, _ = clones
    with_code(a)
    annotate(a, "the same", 1)
    base = a.tip(NOTES)
    one, other, further = (a.git("commit-tree", f"{base}^{{tree}}", "-p", base, "-m", word) for word in ("one", "other", "x"))
    further = a.git("commit-tree", f"{base}^{{tree}}", "-p", further, "-m", "further")
    repo = open_repository(str(a.path), os.environ)
    for ours, theirs, taken in ((one, other, min(one, other)), (one, further, further)):
        assert merge_notes(repo, ours, theirs) == merge_notes(repo, theirs, ours) == taken
        for published, mine in ((ours, theirs), (theirs, ours)):
            met = merge_notes(repo, mine, published, are_published=True)
            assert met == published or a.git("rev-list", "--parents", "-1", met).split()[1:] == sorted((mine, published))


def test_any_fan_out_is_read_and_what_is_no_note_is_left_out(clones):
    a, _ = clones
    with_code(a)
    commit = a.git("rev-parse", "code0")
    flat, deep = tree_of(a, {commit: "flat\n", "README": "x\n"}), tree_of(a, {f"{commit[:2]}/{commit[2:4]}/{commit[4:]}": "deep\n"})
    tips = [a.git("commit-tree", tree, "-m", "x") for tree in (flat, deep)]
    merged = merge_notes(open_repository(str(a.path), os.environ), *tips)
    assert a.git("ls-tree", "-r", "--name-only", merged) == f"{commit[:2]}/{commit[2:]}"
    assert a.git("show", f"{merged}:{commit[:2]}/{commit[2:]}") == "deep\nflat"


def tree_of(clone, files: dict[str, str]) -> str:
    stream = "commit refs/heads/made\ncommitter x <x@example.org> 1 +0000\ndata 0\ndeleteall\n"
    for name, text in files.items():
        stream += f"M 100644 inline {name}\ndata {len(text)}\n{text}\n"
    clone.git("fast-import", "--quiet", "--force", input=stream)
    return clone.git("rev-parse", "made^{tree}")
