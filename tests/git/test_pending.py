"""What would be committed and what would be pushed, asked of a real git."""

import os

import pytest

from gitledger.git.pending import list_committed, list_staged, list_unpushed
from gitledger.git.runner import Git


@pytest.fixture
def git(repo):
    """The repository for the git command."""
    return Git(str(repo.path / ".git"), str(repo.path / ".git"), str(repo.path), os.environ)


def test_staged_paths_are_those_that_a_commit_would_change(repo, git):
    head = repo.git("rev-parse", "HEAD")
    assert list_staged(git, head) == []
    repo.write("new\n\t\"ü\" ", "x")
    repo.git("mv", "README.md", "moved.md")
    repo.git("add", "-A")
    repo.write("later", "not staged")
    assert sorted(list_staged(git, head)) == [b"README.md", b"moved.md", "new\n\t\"ü\" ".encode()]
    assert len(list_staged(git, None)) == 2  # a first commit has everything


def test_the_index_of_the_commit_that_is_being_made_counts(repo, git):
    repo.write("a", "x")
    repo.git("add", "a")
    other = repo.path / ".git/other"
    assert list_staged(git, None, ".git/other") == []
    other.write_bytes((repo.path / ".git/index").read_bytes())
    repo.git("reset", "--quiet")
    head = repo.git("rev-parse", "HEAD")
    assert list_staged(git, head) == []
    assert list_staged(git, head, ".git/other") == list_staged(git, head, str(other)) == [b"a"]


def test_the_paths_of_a_commit_have_both_names_of_a_renamed_file(repo, git):
    repo.git("mv", "README.md", "moved.md")
    assert sorted(list_committed(git, repo.commit("Move"))) == [b"README.md", b"moved.md"]
    assert list_committed(git, repo.git("rev-parse", "HEAD~1")) == [b"README.md"]
    repo.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    repo.write("a", "x")
    repo.commit("Aside")
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-edit", "side")
    assert list_committed(git, repo.git("rev-parse", "HEAD")) == []


def test_unpushed_commits_are_those_that_the_remote_was_not_seen_to_have(repo, git):
    first = repo.git("rev-parse", "HEAD")
    repo.git("update-ref", "refs/remotes/origin/deep/er", first)
    second, third = repo.commit("Two"), repo.commit("Three")
    assert list_unpushed(git, "origin", [third], [], 10) == [third, second]
    assert list_unpushed(git, "origin", [third], [], 1) == [third]
    assert list_unpushed(git, "origin", [third], [second, "1" * 40], 10) == [third]
    # Another remote has nothing; a pattern is a name; without a name every remote counts.
    for other in ("upstream", "o*", "[o]rigin", "ori?in"):
        assert list_unpushed(git, other, [third], [], 10) == [third, second, first], other
    assert list_unpushed(git, None, [third], [], 10) == [third, second]
    repo.git("update-ref", "refs/remotes/a[b]/main", second, check=False)
    repo.git("tag", "-a", "-m", "v1", "v1")
    assert list_unpushed(git, "origin", [repo.git("rev-parse", "v1")], [third], 10) == []
