"""What git is in the middle of, and what it did last: read from real repositories, and from files that are out of order."""

import pytest

from gitledger.store.moves import last_move, only_move, under_way


@pytest.fixture
def torn(make_repo):
    """Two branches that touch the same line."""
    repo = make_repo("torn", commit=False)
    repo.git("config", "user.name", "Ada")
    repo.git("config", "user.email", "ada@example.org")
    repo.commit("Begin")
    repo.write("a", "one\n")
    repo.commit("One")
    repo.git("checkout", "--quiet", "-b", "side", "HEAD~1")
    repo.write("a", "two\n")
    repo.commit("Two")
    repo.write("b", "x\n")
    repo.commit("Three")
    return repo


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("merge", "main"), "merge"),
        (("rebase", "main"), "rebase"),
        (("rebase", "--apply", "main"), "rebase"),
        (("cherry-pick", "main"), "cherry-pick"),
        (("cherry-pick", "--no-commit", "main"), None),
        (("revert", "main"), "revert"),
        (("cherry-pick", "--no-commit", "main", "HEAD~1"), "sequence"),
    ],
)
def test_what_is_under_way(torn, words, name):
    assert under_way(str(torn.path / ".git")) is None
    torn.git("-c", "core.editor=true", *words, check=False)
    assert under_way(str(torn.path / ".git")) == name


def test_a_patch_that_is_being_applied(torn):
    patch = torn.git("format-patch", "--stdout", "-1", "main") + "\n"
    torn.git("am", input=patch, check=False)
    assert under_way(str(torn.path / ".git")) == "am"


def test_the_last_move_and_the_only_one(torn):
    git_dir = str(torn.path / ".git")
    move = last_move(git_dir, "HEAD")
    assert (move.new, move.what) == (torn.git("rev-parse", "HEAD"), "commit: Three")
    assert move.old == torn.git("rev-parse", "HEAD~1") and not move.is_first
    assert only_move(git_dir, "HEAD") is None
    torn.git("branch", "fresh")
    made = only_move(git_dir, "refs/heads/fresh")
    assert made.is_first and made.what == "branch: Created from side" and made.new == move.new
    torn.write("c", "x")
    torn.commit("A long one: " + "ü" * 9000)
    assert last_move(git_dir, "HEAD").new == torn.git("rev-parse", "HEAD")


@pytest.mark.parametrize("data", [None, b"", b"\n", b"nonsense\n", b"\xff" * 300, b"0" * 40 + b" short\n"])
def test_a_reflog_that_is_missing_or_broken_says_nothing(tmp_path, data):
    if data is not None:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs/HEAD").write_bytes(data)
    assert last_move(str(tmp_path), "HEAD") is None
    assert only_move(str(tmp_path), "HEAD") is None
