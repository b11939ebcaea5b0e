"""Tree ids: what a commit would give, found without touching anything of the user's."""

import os
import random
import shutil
import subprocess
import time
import zlib
from pathlib import Path

import pytest

from gitledger.errors import StorageError
from gitledger.git import Git, changed_since, tree, tree_ids

EMPTY = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


def at(path: Path, **environ) -> Git:
    def ask(question):
        done = subprocess.run(
            ["git", "rev-parse", "--path-format=absolute", question], cwd=path, capture_output=True, text=True, check=True, timeout=20
        )
        return done.stdout.strip()

    bare = ask("--is-bare-repository") == "true"
    work_tree = None if bare else ask("--show-toplevel")
    return Git(ask("--absolute-git-dir"), ask("--git-common-dir"), work_tree, {**os.environ, **environ})


def ids(repo) -> tuple[str, str | None]:
    return tree_ids(at(repo.path))


def head_tree(repo) -> str:
    return repo.git("rev-parse", "HEAD^{tree}")


def fingerprint(repo) -> dict[str, bytes]:
    """Every file of the repository's own folder (but gitledger's) with its bytes."""
    root = repo.path / ".git"
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.relative_to(root).parts[0] != "gitledger"
    }


def test_a_clean_work_tree_has_the_tree_of_head(repo):
    assert ids(repo) == (head_tree(repo), head_tree(repo))


def test_both_become_the_tree_of_the_commit(repo):
    repo.write("README.md", "changed\n")
    repo.write("new/file.txt", "new\n")
    repo.write("ignored.log", "noise\n")
    repo.write(".gitignore", "*.log\n")
    tree, tree_all = ids(repo)
    assert tree != tree_all
    repo.git("commit", "-aqm", "tracked")
    assert head_tree(repo) == tree
    assert ids(repo) == (tree, tree_all)
    repo.commit("all")
    assert head_tree(repo) == tree_all
    assert ids(repo) == (tree_all, tree_all)


@pytest.mark.parametrize("is_simple", [True, False])
def test_the_users_index_and_objects_are_only_read(repo, is_simple):
    repo.write("staged.txt", "staged\n")
    repo.git("add", "staged.txt")
    repo.write("README.md", "changed\n")
    repo.write("secret.txt", "untracked, and never to be stored\n")
    if not is_simple:  # a link only `git add` knows, in an index of our own
        (repo.path / "link").symlink_to("nowhere")
    before, index_time = fingerprint(repo), (repo.path / ".git" / "index").stat().st_mtime_ns
    status = repo.git("--no-optional-locks", "status", "--porcelain")
    ids(repo)
    assert fingerprint(repo) == before
    assert (repo.path / ".git" / "index").stat().st_mtime_ns == index_time
    assert repo.git("--no-optional-locks", "status", "--porcelain") == status
    assert (repo.path / ".git" / "gitledger").exists() != is_simple
    assert is_simple or list((repo.path / ".git" / "gitledger").iterdir()) == []


def test_what_is_staged_counts_as_it_is_on_disk(repo):
    repo.write("a.txt", "one\n")
    repo.git("add", "a.txt")
    repo.write("a.txt", "two\n")
    tree, _ = ids(repo)
    repo.git("commit", "-aqm", "x")
    assert tree == head_tree(repo)


def test_a_change_within_the_tick_of_the_index_is_seen(repo):
    """The copy keeps the index's time, or git would take an entry for unchanged that was changed at once."""
    # Only the time of the file's content counts here, as on a clock too coarse to tell the two writes apart.
    repo.git("config", "core.trustctime", "false")
    path = repo.write("racy.txt", "one\n")
    stamp = path.stat().st_mtime_ns - 100 * 10**9
    os.utime(path, ns=(stamp, stamp))
    repo.git("add", "racy.txt")
    repo.write("racy.txt", "two\n")
    os.utime(path, ns=(stamp, stamp))
    os.utime(repo.path / ".git" / "index", ns=(stamp, stamp))
    tree, _ = ids(repo)
    repo.git("commit", "-aqm", "x")
    assert repo.git("show", "HEAD:racy.txt") == "two"
    assert tree == head_tree(repo)


def test_deletions(repo):
    repo.write("gone.txt", "x\n")
    repo.write("folder/gone.txt", "x\n")
    repo.commit()
    (repo.path / "gone.txt").unlink()
    (repo.path / "folder" / "gone.txt").unlink()
    tree, tree_all = ids(repo)
    assert tree == tree_all
    repo.commit()
    assert head_tree(repo) == tree


def test_mode_bits_and_links(repo):
    script = repo.write("run.sh", "#!/bin/sh\n")
    before = repo.commit() and head_tree(repo)
    script.chmod(0o755)
    (repo.path / "link").symlink_to("run.sh")
    tree, tree_all = ids(repo)
    assert len({before, tree, tree_all}) == 3
    repo.git("commit", "-aqm", "mode")
    assert head_tree(repo) == tree
    repo.commit("link")
    assert head_tree(repo) == tree_all


def test_names_that_need_care(repo):
    for name in ("a b", "-x", "ä", "new\nline", "*", ":!x", '"q"'):
        repo.write(name, name)
    _, tree_all = ids(repo)
    repo.commit()
    assert head_tree(repo) == tree_all


def test_line_ends_are_gits(repo):
    repo.write(".gitattributes", "*.txt text=auto eol=lf\n")
    repo.write("dos.txt", "a\r\nb\r\n")
    repo.git("config", "core.safecrlf", "true")
    _, tree_all = ids(repo)
    repo.git("-c", "core.safecrlf=false", "add", "-A")
    repo.git("commit", "-qm", "x")
    assert head_tree(repo) == tree_all


def test_a_filter_counts(repo):
    repo.git("config", "filter.upper.clean", "tr a-z A-Z")
    repo.write(".gitattributes", "*.up filter=upper\n")
    repo.write("a.up", "abc\n")
    _, tree_all = ids(repo)
    repo.commit()
    assert head_tree(repo) == tree_all


def test_before_the_first_commit(make_repo):
    repo = make_repo("new", commit=False)
    assert ids(repo) == (EMPTY, EMPTY)
    repo.write("a.txt", "a\n")
    tree, tree_all = ids(repo)
    assert tree == EMPTY != tree_all
    repo.git("add", "a.txt")
    assert ids(repo) == (tree_all, tree_all)
    repo.commit()
    assert head_tree(repo) == tree_all


def test_without_an_index_head_is_the_beginning(repo):
    (repo.path / ".git" / "index").unlink()
    repo.write("new.txt", "x\n")
    tree, tree_all = ids(repo)
    assert tree == head_tree(repo)
    repo.commit()
    assert head_tree(repo) == tree_all


def test_a_bare_repository(repo, make_repo):
    bare = make_repo("bare.git", bare=True)
    assert tree_ids(at(bare.path)) == (EMPTY, EMPTY)
    repo.git("push", "-q", str(bare.path), "main")
    assert tree_ids(at(bare.path)) == (head_tree(repo), head_tree(repo))


def test_a_linked_worktree_has_its_own(repo, tmp_path):
    repo.git("worktree", "add", "-q", str(tmp_path / "linked"))
    (tmp_path / "linked" / "README.md").write_text("other\n")
    there, here = tree_ids(at(tmp_path / "linked")), ids(repo)
    assert here == (head_tree(repo), head_tree(repo))
    assert there[0] == there[1] != here[0]
    assert not (repo.path / ".git" / "gitledger").exists()


def test_a_submodule_counts_by_its_commit(repo, make_repo):
    library = make_repo("library")
    repo.git("submodule", "add", "-q", str(library.path), "lib")
    repo.commit("with a submodule")
    assert ids(repo) == (head_tree(repo), head_tree(repo))
    (repo.path / "lib" / "dirty.txt").write_text("x\n")
    assert ids(repo) == (head_tree(repo), head_tree(repo))
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "x"], cwd=repo.path / "lib", check=True, timeout=20)
    tree, tree_all = ids(repo)
    assert tree == tree_all != head_tree(repo)
    repo.commit()
    assert head_tree(repo) == tree
    assert tree_ids(at(repo.path / "lib"))[0] is not None


def test_a_merge_with_conflicts(repo):
    repo.git("checkout", "-qb", "side")
    repo.write("README.md", "side\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("README.md", "main\n")
    repo.commit()
    repo.git("merge", "-q", "side", check=False)
    assert "<<<<<<<" in (repo.path / "README.md").read_text()
    tree, tree_all = ids(repo)
    assert tree == tree_all
    repo.commit()
    assert head_tree(repo) == tree


def test_what_git_cannot_add_leaves_the_first_id(repo):
    nested = repo.path / "nested"
    nested.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=nested, check=True, timeout=20)
    (nested / "x").write_text("x")
    assert ids(repo) == (head_tree(repo), None)
    assert list((repo.path / ".git" / "gitledger").iterdir()) == []


def test_inside_a_hook_it_is_still_this_repository(repo, tmp_path):
    repo.write("new.txt", "x\n")
    foreign = {"GIT_INDEX_FILE": str(tmp_path / "other"), "GIT_DIR": "/nowhere", "GIT_PREFIX": "sub/"}
    assert tree_ids(at(repo.path, **foreign)) == ids(repo)
    assert not (tmp_path / "other").exists()


def test_a_split_index_is_left_alone(repo):
    repo.git("update-index", "--split-index")
    repo.git("config", "core.splitIndex", "true")
    repo.git("config", "splitIndex.maxPercentChange", "0")
    repo.write("README.md", "changed\n")
    before = fingerprint(repo)
    tree, _ = ids(repo)
    assert fingerprint(repo) == before
    repo.commit()
    assert head_tree(repo) == tree


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_disk_that_cannot_be_written(repo):
    (repo.path / ".git").chmod(0o555)
    try:
        assert ids(repo) == (head_tree(repo), head_tree(repo))
    finally:
        (repo.path / ".git").chmod(0o755)


def test_a_folder_that_cannot_be_made_is_no_obstacle(repo):
    (repo.path / ".git" / "gitledger").write_text("in the way")
    assert ids(repo) == (head_tree(repo), head_tree(repo))


def test_what_a_killed_process_left_is_removed_after_a_day(repo):
    home = repo.path / ".git" / "gitledger"
    for name, age in (("tree-old", 2 * 86400), ("tree-new", 60), ("index.sqlite", 9 * 86400)):
        (home / name).mkdir(parents=True)
        os.utime(home / name, (time.time() - age,) * 2)
    (repo.path / "link").symlink_to("nowhere")
    ids(repo)
    assert sorted(entry.name for entry in home.iterdir()) == ["index.sqlite", "tree-new"]


def test_carriage_returns_that_the_index_has_are_kept(repo):
    """Under `text=auto` git leaves them as they were committed; in a file that it has without, it takes them out."""
    repo.write("old.txt", "one\r\n")
    repo.write("plain.txt", "one\n")
    repo.commit()
    repo.write(".gitattributes", "*.txt text=auto\n")
    repo.git("add", ".gitattributes")
    repo.git("commit", "-qm", "attributes")
    for name in ("old.txt", "plain.txt", "new.txt"):
        repo.write(name, "one\r\ntwo\r\n")
    _, tree_all = ids(repo)
    repo.commit()
    assert head_tree(repo) == tree_all
    assert [repo.git("cat-file", "-s", f"HEAD:{name}") for name in ("old.txt", "plain.txt", "new.txt")] == ["10", "8", "8"]


def test_a_folder_with_any_name(make_repo):
    repo = make_repo('odd "name": a,b\n\\c')
    repo.write("README.md", "changed\n")
    tree, _ = tree_ids(Git(str(repo.path / ".git"), str(repo.path / ".git"), str(repo.path), os.environ))
    repo.commit()
    assert head_tree(repo) == tree


def test_a_broken_index_is_an_error_that_says_so(repo):
    (repo.path / ".git" / "index").write_bytes(b"no index")
    with pytest.raises(StorageError) as caught:
        ids(repo)
    assert caught.value.code == "GIT_FAILED" and "index" in caught.value.details["stderr"]


# ---------------------------------------------------------------------------------------------- the quick way


class Mess:
    """Does one thing after the other to a work tree and its index, whatever comes of it."""

    NAMES = ("a", "b.txt", "d/x", "d/y/z", "e", "e/f", "ignored.log", "sub dir/ü", "run.sh")

    def __init__(self, repo, seed: int) -> None:
        self.repo = repo
        self.random = random.Random(seed)

    def step(self) -> None:
        path = self.repo.path / self.random.choice(self.NAMES)
        getattr(self, self.random.choice(("write", "write", "remove", "link", "mode", "stage", "unstage", "intend", "folder")))(path)

    def write(self, path: Path) -> None:
        for place in (path, *path.relative_to(self.repo.path).parents):
            place = self.repo.path / place
            if place.is_symlink() or place.is_file() and place != path:
                place.unlink()
        if path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.random.choice(("one\n", "two\r\n", "", "three")))

    def remove(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_symlink() or path.exists():
            path.unlink()

    def link(self, path: Path) -> None:
        self.write(path)
        path.unlink()
        path.symlink_to(self.random.choice(("a", "nowhere")))

    def mode(self, path: Path) -> None:
        if path.is_file() and not path.is_symlink():
            path.chmod(self.random.choice((0o644, 0o755)))

    def stage(self, path: Path) -> None:
        self.repo.git("add", "--", str(path), check=False)

    def unstage(self, path: Path) -> None:
        self.repo.git("rm", "-rqf", "--cached", "--", str(path), check=False)

    def intend(self, path: Path) -> None:
        self.repo.git("add", "-N", "--", str(path), check=False)

    def folder(self, path: Path) -> None:
        self.remove(path)
        self.write(path / "inside")


@pytest.mark.parametrize("seed", range(8))
def test_the_quick_way_leads_to_what_git_finds_when_it_looks_everywhere(repo, seed):
    repo.write(".gitignore", "*.log\n")
    repo.write(".gitattributes", "*.txt text=auto\n")
    mess = Mess(repo, seed)
    for _ in range(12):
        mess.step()
    repo.commit("mess")
    place = at(repo.path)
    for _ in range(4):
        for _ in range(4):
            mess.step()
        both = tree._by_looking_everywhere(place, None, 60)
        assert tree._by_difference(place, None, 60) in (both, None)
        assert tree_ids(place) == both
    repo.commit()
    assert head_tree(repo) == both[1]


def test_states_that_the_quick_way_leaves_to_git(repo):
    place = at(repo.path)
    repo.write(".gitattributes", "*.txt text\n")
    repo.write("kept/a.txt", "a\n")
    repo.write("left/b.txt", "b\n")
    repo.commit()
    (repo.path / ".gitattributes").unlink()
    repo.write("kept/a.txt", "a\r\n")
    assert tree._by_difference(place, None, 60) is None
    tracked, _ = tree_ids(place)
    repo.git("commit", "-aqm", "x")
    assert head_tree(repo) == tracked
    repo.git("sparse-checkout", "set", "kept")
    assert not (repo.path / "left").exists()
    repo.write("kept/new.txt", "new\n")
    assert tree._by_difference(place, None, 60) is None
    _, tree_all = tree_ids(place)
    repo.commit()
    assert head_tree(repo) == tree_all and repo.git("show", "HEAD:left/b.txt") == "b"


def test_a_folder_in_the_place_of_a_file_is_left_to_git(repo):
    (repo.path / "README.md").unlink()
    repo.write("README.md/inside", "x\n")
    assert tree._by_difference(at(repo.path), None, 60) is None
    _, tree_all = ids(repo)
    repo.commit()
    assert head_tree(repo) == tree_all


def test_very_many_changes_are_left_to_git(repo, monkeypatch):
    monkeypatch.setattr(tree, "_MANY", 3)
    for number in range(4):
        repo.write(f"f{number}", "x\n")
    assert tree._by_difference(at(repo.path), None, 60) is None
    _, tree_all = ids(repo)
    repo.commit()
    assert head_tree(repo) == tree_all


def test_a_filter_that_is_a_process_is_asked_for_what_changed_only(repo, tmp_path):
    """As Git LFS does it: what is committed is a pointer, and only files that differ are read."""
    seen = tmp_path / "seen"
    repo.git("config", "filter.pointer.clean", f"tee -a '{seen}' | git hash-object --stdin")
    repo.git("config", "filter.pointer.smudge", "cat")
    repo.write(".gitattributes", "*.bin filter=pointer\n")
    repo.write("big.bin", "big\n")
    repo.write("other.bin", "other\n")
    repo.commit()
    for name in ("big.bin", "other.bin"):
        os.utime(repo.path / name, (1000, 1000))
    repo.git("update-index", "--refresh")
    repo.write("big.bin", "bigger\n")
    seen.write_text("")
    tracked, _ = ids(repo)
    assert set(seen.read_text().splitlines()) == {"bigger"}
    repo.git("commit", "-aqm", "x")
    assert head_tree(repo) == tracked
    assert len(repo.git("show", "HEAD:big.bin")) == 40


# ---------------------------------------------------------------------------------------------- what changed since


def since(repo, *trees: str) -> dict[str, list[str]]:
    return changed_since(at(repo.path), trees)


def test_what_changed_since_a_commit(repo):
    first = head_tree(repo)
    assert since(repo, first, "HEAD") == {first: [], "HEAD": []}
    repo.write("README.md", "changed\n")
    repo.write("new/ü\n.txt", "new\n")
    repo.write(".gitignore", "*.log\n")
    repo.write("a.log", "x\n")
    assert since(repo, "HEAD")["HEAD"] == [".gitignore", "README.md", "new/ü\n.txt"]
    repo.commit()
    assert since(repo, "HEAD", first) == {"HEAD": [], first: [".gitignore", "README.md", "new/ü\n.txt"]}


def test_what_changed_since_a_tree_that_was_never_committed(repo):
    """Its trees were kept, and nothing else of it: no content, and nothing in the user's object store."""
    repo.write("src/a.py", "secret = 1\n")
    repo.write("README.md", "changed\n")
    before = fingerprint(repo)
    _, tree_all = tree_ids(at(repo.path), keep=True)
    assert fingerprint(repo) == before
    home = repo.path / ".git" / "gitledger" / "trees"
    held = [zlib.decompress(path.read_bytes()) for path in home.glob("??/*")]
    assert held and all(data.startswith(b"tree ") for data in held)
    repo.write("src/a.py", "secret = 2\n")
    repo.write("src/b.py", "x\n")
    repo.write("README.md", "# Example\n")
    assert since(repo, tree_all) == {tree_all: ["README.md", "src/a.py", "src/b.py"]}
    assert fingerprint(repo) == before
    assert tree_ids(at(repo.path))[1] != tree_all


def test_trees_are_kept_by_the_thorough_way_too(repo):
    repo.git("checkout", "-qb", "side")
    repo.write("README.md", "side\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("README.md", "main\n")
    repo.commit()
    repo.git("merge", "-q", "side", check=False)
    assert tree._by_difference(at(repo.path), None, 60) is None
    tracked, _ = tree_ids(at(repo.path), keep=True)
    repo.git("reset", "-q", "--hard")
    assert since(repo, tracked) == {tracked: ["README.md"]}


def test_a_tree_that_is_not_known_is_left_out(repo):
    unknown = "1234567890" * 4
    repo.write("README.md", "changed\n")
    tracked, _ = ids(repo)  # not kept
    repo.write("README.md", "again\n")
    assert since(repo, unknown, tracked, "HEAD") == {"HEAD": ["README.md"]}


def test_kept_trees_are_removed_after_a_month(repo):
    repo.write("README.md", "changed\n")
    tree_ids(at(repo.path), keep=True)
    home = repo.path / ".git" / "gitledger" / "trees"
    [old] = home.glob("??/*")
    long_ago = time.time() - 40 * 86400
    for path in (old, home / "swept"):
        os.utime(path, (long_ago, long_ago))
    repo.write("README.md", "again\n")
    tree_ids(at(repo.path), keep=True)
    assert not old.exists() and len(list(home.glob("??/*"))) == 1


def test_what_changed_in_a_repository_without_a_commit(make_repo):
    repo = make_repo("new", commit=False)
    repo.write("a.txt", "a\n")
    assert since(repo, EMPTY, "HEAD") == {EMPTY: ["a.txt"]}


@pytest.mark.slow
def test_two_thousand_files_cost_a_few_times_a_status(repo):
    for number in range(2000):
        repo.write(f"d{number % 50}/f{number}.txt", f"{number}\n")
    repo.commit()
    place = at(repo.path)
    tree_ids(place)

    def timed(call) -> float:
        began = time.perf_counter()
        call()
        return time.perf_counter() - began

    # A busy machine slows now the one, now the other: what each takes at its best is compared.
    status = trees = 60.0
    for _ in range(30):
        status = min(status, timed(lambda: repo.git("status", "--porcelain")))
        trees = min(trees, timed(lambda: tree_ids(place)))
        if trees < 3 * status:
            break
    assert trees < 5 * status, f"{trees * 1000:.1f} ms against {status * 1000:.1f} ms for git status"
