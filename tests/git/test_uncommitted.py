"""What is not committed yet: files, the blobs that committing them would give, and lines."""

import os

from gitledger.git.uncommitted import Lines, list_uncommitted
from tests.git.test_tree import at


def told(repo, *paths, head="HEAD"):
    found, lines = list_uncommitted(at(repo.path), head and repo.git("rev-parse", head), paths)
    return {change.path.decode(): change for change in found}, lines


def test_files_are_told_with_the_blobs_that_committing_them_gives(repo):
    repo.write(".gitattributes", "*.txt text eol=lf\n")
    repo.write(".gitignore", "*.log\n")
    for name in ("edited", "staged", "both", "gone", "removed", "same"):
        repo.write(f"src/{name}.txt", f"{name}\none\n")
    repo.commit()
    repo.write("src/edited.txt", b"edited\r\ntwo\r\nthree\r\n")
    repo.write("src/staged.txt", "staged\n")
    repo.git("add", "src/staged.txt")
    repo.write("src/both.txt", "both\nindex\n")
    repo.git("add", "src/both.txt")
    repo.write("src/both.txt", "both\ndisk\n")
    (repo.path / "src/gone.txt").unlink()
    repo.git("rm", "--quiet", "src/removed.txt")
    os.utime(repo.path / "src/same.txt", (1, 1))
    repo.write("new/ünï\ncödé.txt", "x\n")
    repo.write("new/one.txt", "a\nb\n")
    repo.write("build.log", "ignored\n")
    (repo.path / "link").symlink_to("src")
    before = repo.git("ls-tree", "-r", "-z", "HEAD")
    found, lines = told(repo)
    assert lines == Lines(added=2 + 1 + 2 + 1, removed=1 + 1 + 1 + 2 + 2)
    old = {line.split("\t")[1]: line.split()[2] for line in before.split("\0") if line}
    repo.commit()
    new = {line.split("\t")[1]: line.split()[2] for line in repo.git("ls-tree", "-r", "-z", "HEAD").split("\0") if line}
    wanted = {path for path in {*old, *new} if old.get(path) != new.get(path)}
    assert set(found) == wanted
    odd = found.pop("new/ünï\ncödé.txt")
    assert (odd.is_new, odd.after) == (True, None)
    for path, change in found.items():
        assert (change.before, change.after) == (old.get(path), new.get(path)), path
        assert (change.is_new, change.is_gone) == (path not in old, path not in new), path
    assert told(repo) == ({}, Lines(0, 0))


def test_only_the_paths_that_are_named_and_literally_so(repo):
    repo.write("a[b].txt", "1\n")
    repo.write("ab.txt", "1\n")
    found, lines = told(repo, "a[b].txt")
    assert set(found) == {"a[b].txt"} and lines == Lines(1, 0)
    assert told(repo, "nothing.txt") == ({}, Lines(0, 0))


def test_before_the_first_commit_and_without_a_work_tree(make_repo):
    repo = make_repo("young", commit=False)
    repo.write("a.txt", "1\n2\n")
    repo.git("add", "a.txt")
    repo.write("b.txt", "1\n")
    found, lines = told(repo, head=None)
    assert set(found) == {"a.txt", "b.txt"} and lines == Lines(3, 0)
    assert told(make_repo("bare", bare=True), head=None) == ({}, Lines(0, 0))
