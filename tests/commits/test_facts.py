"""What a commit changed, as libgit2 tells it: all kinds of paths, any bytes, any size; and where commits stand."""

import json
import os
import subprocess

from gitledger import open_ledger
from gitledger.ledger.history import SourceHistory


def history(repo) -> SourceHistory:
    return SourceHistory(open_ledger(str(repo.path), environ=os.environ))


def changes(repo, commit: str = "HEAD"):
    facts = history(repo)
    return facts.changes(facts.resolve(commit))


def shortstat(repo, commit: str = "HEAD") -> str:
    return repo.git("show", "--format=", "--shortstat", commit)


def test_every_kind_of_change_with_its_blobs(repo):
    repo.write("edited.py", "1\n2\n3\n")
    repo.write("gone.py", "gone\n")
    repo.write("old/name.py", "".join(f"line {number}\n" for number in range(20)))
    repo.commit("Before")
    before = repo.git("rev-parse", "HEAD:edited.py")
    repo.write("edited.py", "1\n2\n4\n5\n")
    repo.write("new.py", "new\n")
    (repo.path / "gone.py").unlink()
    (repo.path / "new").mkdir()
    (repo.path / "old/name.py").rename(repo.path / "new/name.py")
    (repo.path / "new/name.py").write_text((repo.path / "new/name.py").read_text() + "one more\n")
    repo.commit("Change")
    found = changes(repo)
    assert {(change.path, change.kind) for change in found.paths} == {
        ("edited.py", "edit"),
        ("new.py", "add"),
        ("gone.py", "delete"),
        ("new/name.py", "rename"),
    }
    by_path = {change.path: change for change in found.paths}
    assert (by_path["edited.py"].before, by_path["edited.py"].after) == (
        before,
        repo.git("rev-parse", "HEAD:edited.py"),
    )
    assert by_path["new.py"].before is None and by_path["gone.py"].after is None
    assert by_path["new/name.py"].old_path == "old/name.py"
    assert found.total == 4 and found.stat == shortstat(repo)


def test_a_file_that_becomes_a_link(repo):
    repo.write("a.py", "x\n")
    repo.commit("A file")
    (repo.path / "a.py").unlink()
    (repo.path / "a.py").symlink_to("README.md")
    repo.commit("A link")
    assert [(change.path, change.kind) for change in changes(repo).paths] == [("a.py", "type")]


def test_the_first_commit_and_an_empty_one(make_repo):
    repo = make_repo("first")
    assert [(change.path, change.kind) for change in changes(repo).paths] == [("README.md", "add")]
    assert changes(repo).stat == shortstat(repo)
    repo.commit("Nothing")
    assert changes(repo).paths == () and changes(repo).stat == ""


def test_of_a_merge_only_what_differs_from_every_parent(repo):
    repo.write("a.py", "a\n")
    repo.commit("Base")
    repo.git("checkout", "--quiet", "-b", "side")
    repo.write("a.py", "side\n")
    repo.write("side.py", "s\n")
    repo.commit("Side")
    repo.git("checkout", "--quiet", "main")
    repo.write("a.py", "main\n")
    repo.commit("Main")
    repo.git("merge", "--quiet", "side", check=False)
    repo.write("a.py", "both\n")
    repo.git("add", "a.py")
    repo.git("commit", "--quiet", "-m", "Merge")
    assert [change.path for change in changes(repo).paths] == ["a.py"]


def test_paths_of_any_bytes_become_text_that_json_holds(repo):
    names = [b"a\xff.py", b"new\nline", b'quo"te', b"back\\slash", b"tab\t", "grün.py".encode(), b"\x1b[31m"]
    for name in names:
        with open(os.path.join(os.fsencode(repo.path), name), "wb") as file:
            file.write(b"x\n")
    repo.commit("Odd names")
    said = sorted(change.path for change in changes(repo).paths)
    # What is not plain UTF-8 stands as git prints it with core.quotePath; `grün.py` is no trouble for anybody.
    printed = subprocess.run(
        ["git", "-c", "core.quotePath=true", "show", "--format=", "--name-only"],
        cwd=repo.path,
        capture_output=True,
        timeout=60,
    ).stdout.decode()
    wanted = [line if "gr\\303\\274n" not in line else "grün.py" for line in printed.splitlines()]
    assert said == sorted(wanted)
    json.dumps(said).encode()


def test_a_commit_of_ten_thousand_files_is_bounded(repo):
    stream = [
        "commit refs/heads/main",
        "committer a <a@b> 1790000000 +0000",
        "data 4",
        "Many",
        "from refs/heads/main^0",
    ]
    stream += [
        line for number in range(10_000) for line in (f"M 100644 inline d{number % 7}/f{number}", "data 2", "x\n")
    ]
    repo.git("fast-import", "--quiet", "--force", input="\n".join(stream) + "\n")
    found = changes(repo)
    assert (len(found.paths), found.total, found.stat) == (100, 10_000, " 10000 files changed")
    assert {change.kind for change in found.paths} == {"add"}


def test_large_files_are_not_read_for_a_statistic(repo):
    repo.write("big.bin", os.urandom(5 << 20))
    repo.commit("Big")
    repo.git("mv", "big.bin", "moved.bin")
    repo.commit("Move")
    found = changes(repo)
    assert found.stat == " 1 file changed" and [(change.kind, change.old_path) for change in found.paths] == [
        ("rename", "big.bin")
    ]


def test_a_submodule_is_a_path_like_another(repo, make_repo):
    inner = make_repo("inner")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.path), "lib")
    repo.commit("Add lib")
    assert {change.path: change.kind for change in changes(repo).paths} == {".gitmodules": "add", "lib": "add"}
    inner.write("x", "x\n")
    new = inner.commit("More")
    repo.git("update-index", "--cacheinfo", f"160000,{new},lib")
    repo.git("commit", "--quiet", "-m", "Move lib")
    [change] = changes(repo).paths
    assert (change.path, change.kind, change.after) == ("lib", "edit", new)


def test_objects_that_are_not_here_are_no_error(repo):
    repo.write("a.py", "a\n")
    repo.commit("Add a")
    blob = repo.git("rev-parse", "HEAD:a.py")
    (repo.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    assert changes(repo).stat == " 1 file changed", "a partial clone lacks blobs"
    tree = repo.git("rev-parse", "HEAD^{tree}")
    (repo.path / ".git/objects" / tree[:2] / tree[2:]).unlink()
    assert changes(repo) is None


def test_messages_in_any_encoding(repo):
    message = "Grün\n\nTask-Id: x\n".encode("iso-8859-1")
    subprocess.run(
        ["git", "-c", "i18n.commitEncoding=ISO-8859-1", "commit", "-q", "--allow-empty", "-F", "-"],
        cwd=repo.path,
        input=message,
        check=True,
        timeout=60,
    )
    facts = history(repo)
    assert facts.commit(facts.resolve("HEAD")).subject == "Grün" == facts.log("HEAD", limit=1)[0].subject
    # An encoding that Python knows and nobody writes messages in is not tried.
    tree, parent = repo.git("rev-parse", "HEAD^{tree}", "HEAD").split()
    raw = f"tree {tree}\nparent {parent}\nauthor a <a@b> 1 +0000\ncommitter a <a@b> 1 +0000\nencoding unicode_escape\n\nx \\ud800\n"
    odd = repo.git("hash-object", "-t", "commit", "-w", "--stdin", input=raw)
    assert facts.commit(odd).subject == "x \\ud800"


def test_git_and_libgit2_tell_the_same_of_a_commit(repo):
    repo.write("a", "a\n")
    repo.commit("  A subject\nof two lines\n\nBody.\n")
    facts = history(repo)
    [logged] = facts.log("HEAD", limit=1)
    assert logged.subject == "A subject of two lines"
    assert facts.commit(logged.id) == logged


# ---------------------------------------------------------------------------------------------- standing


def test_where_commits_stand(repo):
    base = repo.git("rev-parse", "HEAD")
    repo.git("checkout", "--quiet", "-b", "feature")
    ahead = repo.commit("Ahead")
    repo.git("tag", "kept")
    tagged = repo.commit("Tagged only")
    repo.git("tag", "last")
    repo.git("reset", "--quiet", "--hard", ahead)
    dropped = repo.commit("Dropped")
    repo.git("reset", "--quiet", "--hard", ahead)
    repo.git("checkout", "--quiet", "--detach", "main")
    detached = repo.commit("Detached")
    facts = history(repo)
    stands = facts.standing([base, ahead, tagged, dropped, detached, "0" * 39 + "1"])
    assert {commit: (s.exists, s.reachable, s.merged) for commit, s in stands.items()} == {
        base: (True, True, True),
        ahead: (True, True, False),
        tagged: (True, True, False),
        dropped: (True, False, False),
        detached: (True, True, False),
        "0" * 39 + "1": (False, False, False),
    }
    assert facts.standing([]) == {}


def test_the_default_branch(repo, make_repo):
    assert history(repo).default_branch == "main"
    repo.git("branch", "--quiet", "-m", "trunk")
    assert history(repo).default_branch == "trunk", "the only one"
    repo.git("branch", "master")
    assert history(repo).default_branch == "master"
    repo.git("config", "init.defaultBranch", "trunk")
    assert history(repo).default_branch == "trunk"
    repo.git("update-ref", "refs/remotes/origin/dev/x", "HEAD")
    repo.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/dev/x")
    assert history(repo).default_branch == "dev/x"
    assert make_repo("none", commit=False) and history(make_repo("empty", commit=False)).default_branch is None


def test_merged_counts_where_the_remote_has_it_too(repo):
    repo.git("checkout", "--quiet", "-b", "feature")
    ahead = repo.commit("Ahead")
    assert not history(repo).standing([ahead])[ahead].merged
    repo.git("update-ref", "refs/remotes/origin/main", ahead)
    assert history(repo).standing([ahead])[ahead].merged
