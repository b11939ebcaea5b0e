import os
import subprocess
import sys

import pygit2
import pytest

from gitledger.store import plain
from gitledger.store.repo import open_repository

CONFIGS = [
    "[a]\n\tb = c\n",
    "[A \"Sub.Dir\"]\nKey=value # comment\n other = \" kept \" ; gone\n",
    '[a]\n b = one\\\n two\n c = "x\\ty\\"z\\\\"\n',
    "[a] b = 1\n[a]\nb\n",
    "[a.old]\n b = x;y\n c = a \"b  c\"  d   \n",
    "; nothing\n\n# here\n",
    "[branch \"feature/ü\"]\n\ttaskledger = main\n",
    '[b "with \\"quotes\\" and \\\\"]\n\tk = v\n',
    "\ufeff[a]\n b = bom\n",
    "[a]\r\n\tb = crlf\r\n",
]


@pytest.mark.parametrize("text", CONFIGS)
def test_settings_are_those_that_git_reads(tmp_path, text):
    path = tmp_path / "config"
    path.write_bytes(text.encode())
    listed = subprocess.run(
        ["git", "config", "--file", str(path), "--list", "-z"], capture_output=True, timeout=10, check=True
    ).stdout.decode()
    expected = {}
    for item in listed.split("\0")[:-1]:
        name, has_value, value = item.partition("\n")
        expected[name] = value if has_value else "true"
    assert plain.read_config(str(path)) == expected


@pytest.mark.parametrize(
    "text", ["[include]\npath = x\n", '[includeIf "gitdir:x"]\npath = x\n', "[broken\n", "k = v\n", '[a]\nb = "open\n', "[a]\nb = \\q\n"]
)
def test_what_is_out_of_the_ordinary_is_left_to_libgit2(tmp_path, text):
    (tmp_path / "config").write_text(text)
    with pytest.raises(plain.NotPlain):
        plain.read_config(str(tmp_path / "config"))


NAMES = ["main", "feature/x", "a..b", "a.lock", ".a", "a/.b", "a b", "a~1", "a^", "a:", "a?", "a*", "a[", "a\\b", "@{", "a@{b", "a.", "/a", "a/", "a//b", "ü", "a\x7f", "-a", "@", "a.lock/b"]


@pytest.mark.parametrize("name", NAMES)
def test_ref_names_are_judged_as_libgit2_does(name):
    ref = f"refs/taskledger/{name}"
    assert plain.is_valid_ref(ref) == pygit2.reference_is_valid_name(ref)


def both(path, environ):
    """The same repository, once read as files and once by libgit2."""
    quick = open_repository(str(path), environ)
    assert quick.is_plain
    slow = open_repository(str(path), {**environ, "GIT_CEILING_DIRECTORIES": "/nowhere"})
    assert not slow.is_plain
    return quick, slow


def facts(repo):
    ledgers = repo.ledgers()
    return (
        repo.git_dir,
        repo.common_dir,
        repo.work_tree,
        repo.worktree_key,
        repo.branch(),
        repo.head(),
        ledgers,
        {name: repo.tip(name) for name in ledgers},
        repo.tip("absent"),
        repo.identity(),
        repo.settings("taskledger."),
        repo.settings("branch."),
        repo.policy_bytes(),
    )


def test_both_ways_see_the_same_repository(folder, git):
    environ = dict(os.environ)
    quick, slow = both(folder, environ)
    assert facts(quick) == facts(slow)
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
    git(folder, "update-ref", "refs/taskledger/main", "HEAD")
    git(folder, "update-ref", "refs/taskledger/deep/name", "HEAD")
    git(folder, "config", "taskledger.lease", "30m")
    git(folder, "config", "branch.feature/x.taskledger", "deep/name")
    (folder / ".gitledger.yaml").write_text("version: 1\n")
    (folder / "sub").mkdir()
    git(folder, "worktree", "add", "-q", str(folder.parent / "linked"))
    for place in (folder, folder / "sub", folder.parent / "linked"):
        quick, slow = both(place, environ)
        assert facts(quick) == facts(slow)
    git(folder, "pack-refs", "--all")
    git(folder, "update-ref", "refs/taskledger/main", "HEAD")
    git(folder, "checkout", "-q", "--detach")
    quick, slow = both(folder, environ)
    assert facts(quick) == facts(slow)


@pytest.mark.parametrize("key", ["core.worktree", "extensions.objectFormat", "extensions.worktreeConfig", "include.path"])
def test_unusual_repositories_are_left_to_libgit2(folder, git, key):
    git(folder, "config", key, {"core.worktree": "..", "include.path": "other"}.get(key, "sha1"))
    assert plain.find(str(folder), dict(os.environ)) is None


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES"])
def test_an_environment_that_names_folders_is_left_to_libgit2(folder, name):
    assert plain.find(str(folder), dict(os.environ)) is not None
    assert plain.find(str(folder), {**os.environ, name: str(folder)}) is None


def test_bare_repositories_and_git_folders_are_left_to_libgit2(folder, tmp_path, git):
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    assert plain.find(str(tmp_path / "bare.git"), dict(os.environ)) is None
    assert plain.find(str(folder / ".git"), dict(os.environ)) is None
    assert plain.find(str(tmp_path), dict(os.environ)) is None


def test_a_ref_that_is_no_object_id_is_left_to_libgit2(folder, git):
    path = folder / ".git" / "refs" / "taskledger"
    path.mkdir()
    for text in ("", "ref: refs/heads/main\n", "xyz\n"):
        (path / "main").write_text(text)
        with pytest.raises(plain.NotPlain):
            plain.read_ref(str(folder / ".git"), "refs/taskledger/main")


def test_a_read_does_not_load_libgit2(folder, git):
    source = (
        "import sys; from gitledger.ledger import open_ledger; from gitledger.ops.ledger import InitLedger;"
        "from gitledger.ops.task import CreateTask, ListTasks, ShowTask;"
        "ledger = open_ledger('.');"
        "print(ledger.run(ShowTask(task='1')).view.task.body if sys.argv[1:] else ledger.run(InitLedger()) and ledger.run(CreateTask(title='t', description='d')) and '');"
        "print('pygit2' in sys.modules)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    wrote = subprocess.run([sys.executable, "-c", source], cwd=folder, env=environ, capture_output=True, timeout=30)
    assert wrote.stdout.split() == [b"True"], wrote.stderr
    subprocess.run([sys.executable, "-c", source, "read"], cwd=folder, env=environ, capture_output=True, timeout=30)
    read = subprocess.run([sys.executable, "-c", source, "read"], cwd=folder, env=environ, capture_output=True, timeout=30)
    assert read.stdout.split() == [b"d", b"False"], read.stderr
