"""After every kind of rewrite `commits reconcile` leads from the task to the code and back. Real git, no hooks."""

import pytest


def lead_to(work, uid: str, *commits: str) -> None:
    """The task's links are exactly these commits, a branch leads to each, and from each the way leads to the task."""
    assert sorted(work.links(uid)) == sorted(commits)
    for listed in work.listed(uid):
        assert listed.reachable and listed.known == "recorded" and "note" in listed.known_from, listed
    for commit in commits:
        assert work.tasks_of(commit)[uid] == "recorded"
    assert not work.reconcile().changed


def pairs(*olds_new: tuple[str, str]) -> str:
    return "".join(f"{old} {new}\n" for old, new in olds_new)


# ---------------------------------------------------------------------------------------------- amend


def test_amend_by_the_pair_that_git_tells(work):
    uid = work.task("Parser")
    old = work.commit("a.py", "1\n", "Add a", uid)
    work.git("commit", "--quiet", "--amend", "-m", f"Add a, better\n\nTask-Id: {uid}")
    view = work.reconcile(pairs=pairs((old, work.head())))
    assert [(move.replaced, move.commit, move.by) for move in view.moved] == [([old], work.head(), "rewrite")]
    lead_to(work, uid, work.head())
    assert not work.reconcile(pairs=pairs((old, work.head()))).changed


def test_amend_of_the_message_by_patch_id(work):
    uid = work.task("Parser")
    work.commit("a.py", "1\n", "Add a", uid)
    work.git("commit", "--quiet", "--amend", "-m", "No trailer at all")
    assert [move.by for move in work.reconcile().moved] == ["patch-id"]
    lead_to(work, uid, work.head())


def test_amend_of_the_content_by_trailer_subject_and_author_time(work):
    uid = work.task("Parser")
    work.commit("a.py", "1\n", "Add a", uid)
    work.repo.write("a.py", "2\n")
    work.git("commit", "--quiet", "--amend", "--no-edit", "-a")
    dry = work.reconcile(dry_run=True)
    assert [move.by for move in dry.moved] == ["text"] and not dry.changed and dry.notes_written == 0
    assert [move.by for move in work.reconcile().moved] == ["text"]
    lead_to(work, uid, work.head())


def test_an_amended_commit_that_is_recorded_takes_the_place_of_the_one_before(work):
    from gitledger.ops.commits import RecordCommit

    uid = work.task("Parser")
    work.commit("a.py", "1\n", "Add a", uid)
    work.git("commit", "--quiet", "--amend", "-m", "Add a better")
    assert work.run(RecordCommit(task=uid, source="hook")).commit.source == "rewrite"
    lead_to(work, uid, work.head())


def test_what_reset_brings_back_is_found_again(work):
    uid = work.task("Parser")
    old = work.commit("a.py", "1\n", "Add a", uid)
    work.git("commit", "--quiet", "--amend", "-m", "Other")
    work.reconcile()
    work.git("reset", "--quiet", "--hard", old)
    # The note of the old commit was left to it, and its event vouches for it.
    assert work.tasks_of(old) == {uid: "recorded"}
    assert [move.by for move in work.reconcile().moved] == ["patch-id"]
    lead_to(work, uid, old)


# ---------------------------------------------------------------------------------------------- rebase


def three(work, *uids: str) -> list[str]:
    return [work.commit(f"{name}.py", f"{name}\n", f"Add {name}", uid) for name, uid in zip("abc", uids, strict=True)]


def test_rebase_that_reorders(work):
    one, two = work.task("One"), work.task("Two")
    a, b, c = three(work, one, two, one)
    work.rebase("HEAD~3", f"pick {c}\npick {a}\npick {b}\n")
    assert {move.by for move in work.reconcile().moved} == {"patch-id"}
    lead_to(work, one, work.head("HEAD~2"), work.head("HEAD~1"))
    lead_to(work, two, work.head())


@pytest.mark.parametrize("is_told", [True, False])
def test_squash_keeps_all_tasks(work, is_told):
    one, two, three_ = work.task("One"), work.task("Two"), work.task("Three")
    a, b, c = three(work, one, two, three_)
    work.rebase("HEAD~3", f"pick {a}\nsquash {b}\npick {c}\n")
    squashed, last = work.head("HEAD~1"), work.head()
    told = pairs((a, squashed), (b, squashed), (c, last))
    view = work.reconcile(pairs=told) if is_told else work.reconcile()
    assert {move.by for move in view.moved} == ({"rewrite"} if is_told else {"patch-id"})
    for uid, commit in ((one, squashed), (two, squashed), (three_, last)):
        lead_to(work, uid, commit)
    assert work.tasks_of(squashed) == {one: "recorded", two: "recorded"}


def test_a_fixup_of_one_task(work):
    uid = work.task("One")
    a, b, c = three(work, uid, uid, uid)
    work.rebase("HEAD~3", f"pick {a}\nfixup {b}\nfixup {c}\n")
    new = work.head()
    work.reconcile(pairs=pairs((a, new), (b, new), (c, new)))
    lead_to(work, uid, new)


def test_a_dropped_commit_is_lost_and_nothing_else_is_guessed(work):
    uid = work.task("One")
    a, b, c = three(work, uid, uid, uid)
    work.rebase("HEAD~3", f"pick {a}\npick {c}\n")
    view = work.reconcile()
    assert [move.replaced for move in view.moved] == [[c]]
    assert [stray.commit for stray in view.lost] == [b] and view.lost[0].candidates == []
    assert view.lost[0].command == f"gitledger commits unlink {b} --task {work.id_of(uid)}"
    standing = {listed.commit: listed.reachable for listed in work.listed(uid)}
    assert standing == {a: True, b: False, work.head(): True}


# ---------------------------------------------------------------------------------------------- copies


def test_a_cherry_pick_is_claimed_until_it_is_scanned(work):
    uid = work.task("One")
    work.git("checkout", "--quiet", "-b", "feature")
    a = work.commit("a.py", "a\n", "Add a", uid)
    work.git("checkout", "--quiet", "-b", "release", "main")
    work.repo.write("r.py", "r\n")
    work.repo.commit("Release")
    work.git("cherry-pick", a)
    assert work.tasks_of() == {uid: "claimed"}
    assert not work.reconcile().changed, (
        "both are there, and the pick is not merged: nothing took the place of anything"
    )
    view = work.scan("main..release")
    assert [link.commit for link in view.linked] == [work.head()] and view.scanned == 2
    assert work.tasks_of() == {uid: "recorded"} and sorted(work.links(uid)) == sorted([a, work.head()])
    again = work.scan("main..release")
    assert again.known == 1 and not again.linked and not again.changed


def test_merge_squash_with_git_s_own_message(work):
    one, two = work.task("One"), work.task("Two")
    work.git("checkout", "--quiet", "-b", "feature")
    work.commit("a.py", "a\n", "Add a", one)
    work.commit("b.py", "b\n", "Add b", two)
    work.git("checkout", "--quiet", "main")
    work.git("merge", "--quiet", "--squash", "feature")
    work.git("commit", "--quiet", "--no-edit")
    assert work.tasks_of() == {one: "claimed", two: "claimed"}, "the messages are indented in the body"
    work.reconcile()
    # The branch is still there, so both are linked; once it is gone, only what is left.
    assert work.tasks_of() == {one: "recorded", two: "recorded"} and len(work.links(one)) == 2
    work.git("branch", "--quiet", "-D", "feature")
    work.reconcile()
    lead_to(work, one, work.head())
    lead_to(work, two, work.head())


def server_squash(server, message: str) -> None:
    """What a forge does for a pull request: one commit with the branch's content, by another hand, and the branch deleted."""
    server.git("checkout", "--quiet", "-b", "merging", "origin/main")
    server.repo.write("unrelated.py", "1\n")
    server.repo.commit("Somebody else's work")
    server.git("merge", "--quiet", "--squash", "origin/feature")
    server.git(
        "-c",
        "user.name=Forge",
        "commit",
        "--quiet",
        "--author=Bob <bob@example.org>",
        "--date=2027-01-01T00:00:00Z",
        "-m",
        message,
    )


def squashed_on_a_server(work, clone_of, message: str) -> tuple[str, str]:
    one, two = work.task("One"), work.task("Two")
    work.git("checkout", "--quiet", "-b", "feature")
    work.commit("a.py", "a\n", "Add a", one)
    work.commit("b.py", "b\n", "Add b", two)
    work.commit("a.py", "a\nb\n", "Mend a", one)
    server = clone_of(work, "server")
    server_squash(server, message.format(one=one, two=two))
    work.git("remote", "add", "origin", str(server.path))
    work.git("fetch", "--quiet", "origin", "merging:refs/remotes/origin/main")
    work.git("checkout", "--quiet", "main")
    work.git("merge", "--quiet", "--ff-only", "origin/main")
    work.git("branch", "--quiet", "-D", "feature")
    return one, two


def test_a_squash_merge_on_a_server_by_the_patch_of_the_whole_branch(work, clone_of):
    one, two = squashed_on_a_server(work, clone_of, "Feature (#1)")
    assert work.tasks_of() == {}
    view = work.reconcile(revisions="origin/main")
    assert {move.by for move in view.moved} == {"patch-id"} and {move.task_id for move in view.moved} == {
        "task-0001",
        "task-0002",
    }
    lead_to(work, one, work.head())
    lead_to(work, two, work.head())
    assert [listed.merged for listed in work.listed(one)] == [True]


def test_a_squash_merge_on_a_server_by_what_its_message_gathers(work, clone_of):
    message = "Feature (#1)\n\n* Add a\n\nTask-Id: {one}\n\n* Add b\n\nTask-Id: {two}\n\n* Mend a\n\nTask-Id: {one}\n"
    one, two = squashed_on_a_server(work, clone_of, message)
    # The objects of the branch are gone too: another clone, or garbage collected.
    work.git("reflog", "expire", "--expire=now", "--all")
    work.git("gc", "--quiet", "--prune=now")
    assert [listed.exists for listed in work.listed(one)] == [True, False, False], (
        "claimed by message; two that are gone"
    )
    assert {move.by for move in work.reconcile().moved} == {"text"}
    lead_to(work, one, work.head())
    lead_to(work, two, work.head())


def test_a_history_that_another_clone_filtered(work, clone_of):
    uid = work.task("One")
    work.commit("a.py", "a\n", "Add a", uid)
    work.commit("secret.txt", "x\n", "Add a secret", uid)
    work.commit("b.py", "b\n", "Add b", uid)
    other = clone_of(work, "other")
    # As git filter-repo does, through fast-export: without the secret, and every commit behind it anew.
    stream = other.git("fast-export", "main", "--", ":!secret.txt")
    other.git("fast-import", "--quiet", "--force", input=stream + "\n")
    work.git("fetch", "--quiet", "--force", str(other.path), "main:filtered")
    work.git("reset", "--quiet", "--hard", "filtered")
    work.git("branch", "--quiet", "-D", "filtered")
    assert work.git("ls-files").split() == ["README.md", "a.py", "b.py"]
    view = work.reconcile()
    assert [stray.subject for stray in view.lost] == ["Add a secret"]
    assert {listed.subject: listed.reachable for listed in work.listed(uid)} == {
        "Add a": True,
        "Add b": True,
        "Add a secret": False,
    }
    assert work.tasks_of() == {uid: "recorded"}


# ---------------------------------------------------------------------------------------------- doubt


def test_two_successors_are_listed_and_not_guessed(work):
    uid = work.task("One")
    a = work.commit("a.py", "a\n", "Add a", uid)
    work.git("checkout", "--quiet", "-b", "x", "HEAD~1")
    work.repo.write("x.py", "x\n")
    work.repo.commit("X")
    work.git("cherry-pick", a)
    first = work.head()
    work.git("checkout", "--quiet", "-b", "y", "x~2")
    work.repo.write("y.py", "y\n")
    work.repo.commit("Y")
    work.git("cherry-pick", a)
    second = work.head()
    work.git("branch", "--quiet", "--force", "main", "x~2")
    view = work.reconcile()
    assert not view.changed and not view.moved
    assert [(stray.commit, sorted(stray.candidates)) for stray in view.ambiguous] == [(a, sorted([first, second]))]
    assert work.links(uid) == [a]
    work.link(first, task=uid, replaces=[a])
    assert work.links(uid) == [first] and not work.reconcile().changed


def test_a_forged_trailer_does_not_take_the_place_of_a_commit(work):
    uid = work.task("One")
    a = work.commit("a.py", "a\n", "Add a", uid)
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    forged = work.commit("evil.py", "e\n", "Another subject", uid, record=False)
    view = work.reconcile()
    assert not view.changed and [(stray.commit, stray.candidates) for stray in view.lost] == [(a, [forged])]
    assert work.tasks_of() == {uid: "claimed"}


def test_binary_files_that_differ_are_no_match(work):
    uid = work.task("One")
    work.repo.write("image.bin", b"\0\1\2" * 50)
    old = work.repo.commit("Add the image")
    work.link(old, task=uid)
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.repo.write("image.bin", b"\0\3\4" * 50)
    work.repo.commit("Add another image")
    assert not work.reconcile().changed
