"""Which ledger a command acts on (design §2), with real `git checkout` in every kind of repository."""

from pathlib import Path

import pytest

from tests.conftest import Cli, Repo


def place(cli: Cli, *root: str, **more):
    done = cli("--json", *root, "ledger", "status", **more)
    assert done.exit_code == 0, done
    view = done.json["result"]
    return view["ledger_ref"], view["source"]


def test_a_checkout_moves_into_a_forked_ledger_and_back(repo: Repo, begun: Cli):
    repo.git("checkout", "-q", "-b", "feature-a")
    assert place(begun) == ("main", "only ledger")
    begun("ledger", "fork", "feature-a")
    assert place(begun) == ("feature-a", "branch configuration")
    repo.git("checkout", "-q", "main")
    assert place(begun) == ("main", "branch")
    repo.git("checkout", "-q", "feature-a")
    assert place(begun) == ("feature-a", "branch configuration")
    repo.git("checkout", "-q", "-b", "other", "main")
    assert place(begun) == ("main", "default")


def test_the_order_is_option_environment_branch_setting_branch_name_default(repo: Repo, begun: Cli):
    for name in ("env", "opt", "set", "dflt", "topic"):
        repo.git("update-ref", f"refs/taskledger/{name}", "refs/taskledger/main")
    repo.git("checkout", "-q", "-b", "topic")
    assert place(begun) == ("topic", "branch")
    repo.git("config", "branch.topic.taskledger", "set")
    assert place(begun) == ("set", "branch configuration")
    assert place(begun, env={"GITLEDGER_LEDGER": "env"}) == ("env", "environment")
    assert place(begun, "--ledger", "opt", env={"GITLEDGER_LEDGER": "env"}) == ("opt", "option")
    repo.git("checkout", "-q", "-b", "no-such-ledger")
    assert place(begun) == ("main", "default")
    repo.git("config", "taskledger.default", "dflt")
    assert place(begun) == ("dflt", "taskledger.default")


def test_a_detached_head_uses_the_default(repo: Repo, begun: Cli):
    begun("ledger", "fork", "x")
    repo.git("checkout", "-q", "--detach")
    assert place(begun) == ("main", "default")
    refused = begun("--json", "ledger", "switch", "x")
    assert (refused.exit_code, refused.json["error"]["code"]) == (3, "DETACHED_HEAD")
    done = begun("--json", "ledger", "fork", "y").json
    assert done["result"]["branch"] is None and "--ledger" in done["warnings"][0]
    assert place(begun) == ("main", "default")


def test_linked_worktrees_share_ledgers_and_differ_in_branch_and_active_task(repo: Repo, begun: Cli, tmp_path: Path):
    repo.git("worktree", "add", "-q", "-b", "feature-a", str(tmp_path / "linked"))
    linked = Cli(tmp_path / "linked")
    assert place(linked) == ("main", "only ledger")
    assert linked("ledger", "fork", "feature-a").exit_code == 0
    assert place(linked)[0] == "feature-a" and place(begun)[0] == "main"
    linked("task", "create", "Three")
    assert begun("--json", "ledger", "list").json["result"]["total"] == 2
    assert begun("task", "show", "feature-a:three").exit_code == 0


def test_subfolder_submodule_bare_and_unborn(repo: Repo, begun: Cli, make_repo, tmp_path: Path):
    (repo.path / "src").mkdir()
    assert place(Cli(repo.path / "src"))[0] == "main"
    sub = make_repo("sub")
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(sub.path), "vendor")
    inside = Cli(repo.path / "vendor")
    assert inside("--json", "ledger", "status").json["error"]["code"] == "NOT_INITIALISED"
    inside("init")
    assert begun("--json", "task", "list").json["result"]["total"] == 2
    assert inside("--json", "task", "list").json["result"]["total"] == 0
    bare = Cli(make_repo("bare", bare=True).path)
    bare("init")
    assert bare("ledger", "fork", "x").exit_code == 0
    assert place(bare) == ("x", "branch configuration")
    unborn = make_repo("unborn", commit=False)
    cli = Cli(unborn.path)
    cli("init")
    assert place(cli) == ("main", "branch")
    unborn.git("checkout", "-q", "-b", "topic")
    assert cli("ledger", "fork", "topic").exit_code == 0
    assert place(cli)[0] == "topic"


@pytest.mark.parametrize("branch", ["feature/$(touch${IFS}x)", "a'b", "täsk", "x=y;z", 'q"q', "feature/deep/er"])
def test_hostile_branch_names(repo: Repo, begun: Cli, branch: str):
    repo.git("checkout", "-q", "-b", branch)
    assert begun("ledger", "fork", branch).exit_code == 0
    assert place(begun) == (branch, "branch configuration")
    assert begun("task", "create", "Here").exit_code == 0
    repo.git("checkout", "-q", "main")
    assert begun("ledger", "rename", branch, "renamed").exit_code == 0
    repo.git("checkout", "-q", branch)
    assert place(begun) == ("renamed", "branch configuration")
    assert not (repo.path / "x").exists()


@pytest.mark.parametrize("name", ["-x", "a..b", "a b", "a:b", "", "x.lock", "a\nb", "/a", "a//b", "@{", "~", "a\u202eb"])
def test_what_is_no_name_is_refused(begun: Cli, name: str):
    for words in (["fork"], ["switch"], ["rename", "main"]):
        done = begun("--json", "ledger", *words, "--", name)
        assert done.exit_code in (2, 5), (words, done)
        assert done.json["error"]["code"] in ("INVALID_INPUT", "USAGE", "NO_LEDGER"), done
