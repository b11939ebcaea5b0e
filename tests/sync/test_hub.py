"""Two clones and a bare repository between them: what a sync does, and what it never does."""

import subprocess

import pygit2
import pytest

from tests.conftest import Cli, Repo
from tests.sync.conftest import REF, reject


def test_both_work_and_end_at_the_same_tip(clones, hub):
    a, b = clones
    a.create("From a")
    b.create("From b")
    assert a.sync()["ledgers"][0]["status"] == "sent"
    report = b.sync()["ledgers"][0]
    assert (report["status"], report["new_tasks"]) == ("merged", 1)
    assert a.sync()["ledgers"][0]["status"] == "received"
    assert a.tip() == b.tip() == hub.git("rev-parse", REF)
    assert set(a.numbers()) == {"First", "From a", "From b"}
    assert a.is_whole() and b.is_whole()


def test_a_number_that_two_gave_is_settled_for_who_came_second(clones):
    a, b = clones
    a.create("From a")
    uid = b.create("From b")
    a.sync()
    result = b("sync")
    assert "renumbered task-0002 → task-0003  From b" in result.stdout
    assert b.numbers() == {"First": "task-0001", "From a": "task-0002", "From b": "task-0003"}
    log = b.git("log", "--format=%s", "-2", REF).splitlines()
    assert log == ["sync: task-0002 is now task-0003", "merge ledgers"]
    events = b("task", "events", uid, "--json").json["result"]
    assert "task.renumbered" in str(events)
    a.sync()
    assert a.numbers() == b.numbers() and a.tip() == b.tip()


def test_nothing_to_do_is_one_connection_and_one_line(clones, tmp_path, monkeypatch):
    a, _ = clones
    a.sync()
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    before = a.refs()
    result = a("sync")
    assert result.stdout == "ledger main: in sync with origin\n" and result.stderr == ""
    asked = [line for line in trace.read_text().splitlines() if "run_command" in line and "-pack" in line]
    assert len(asked) == 1 and "upload-pack" in asked[0], asked
    assert a.refs() == before
    assert a.sync()["changed"] is False


@pytest.mark.parametrize("verb", ["sync", "pull", "fetch"])
def test_a_repository_without_a_ledger_takes_the_remotes(verb, clones, make_clone, hub):
    c = make_clone("c", hub.path)
    result = c(verb, "--json").json["result"]
    assert [one["status"] for one in result["ledgers"]] == ["started"]
    assert c.tip() == clones[0].tip()
    assert c.numbers() == {"First": "task-0001"}


def test_a_repository_without_a_ledger_and_a_remote_without_one(make_clone, hub):
    error = make_clone("c", hub.path).fails("sync")
    assert (error["code"], error["hint"]) == ("NOT_INITIALISED", "gitledger init")


def test_the_only_ledger_of_the_remote_is_taken_whatever_its_name(make_clone, hub):
    a, b = make_clone("a", hub.path), make_clone("b", hub.path)
    a("--ledger", "trunk", "init")
    a.sync()
    assert b.sync()["ledgers"][0]["ledger"] == "trunk"


def test_a_ledger_that_only_the_remote_has_stays_there(clones):
    a, b = clones
    a.git("update-ref", "refs/taskledger/feature/x", a.tip())
    a.sync("--all")
    result = b.sync("--all")
    assert result["remote_only"] == ["feature/x"]
    assert not b.tip("refs/taskledger/feature/x")
    assert b.tip("refs/taskledger-remotes/origin/feature/x") == a.tip()
    assert "only at origin: feature/x" in b("sync").stdout


def test_all_syncs_every_ledger_but_those_of_this_clone_alone(clones, hub):
    a, _ = clones
    for name in ("one", "two", "own"):
        a.git("update-ref", f"refs/taskledger/{name}", a.tip())
    a.git("config", "taskledger.own.localOnly", "true")
    assert {one["ledger"] for one in a.sync("--all")["ledgers"]} == {"main", "one", "two"}
    assert hub.git("for-each-ref", "--format=%(refname:short)", "refs/taskledger").split() == [
        "taskledger/main",
        "taskledger/one",
        "taskledger/two",
    ]


def test_one_that_has_gone_is_not_pushed_again(clones, hub):
    a, b = clones
    hub.git("update-ref", "-d", REF)
    a.create("More")
    result = a("sync", "--json").json
    assert result["result"]["ledgers"][0]["status"] == "gone"
    assert "--recreate" in result["warnings"][0]
    assert hub.git("for-each-ref") == ""
    assert a.sync()["ledgers"][0]["status"] == "gone"
    assert a("push", "--json").json["result"]["ledgers"][0]["status"] == "gone"
    assert a.sync("--recreate")["ledgers"][0]["status"] == "sent"
    assert b.sync()["ledgers"][0]["status"] == "received"


def test_one_that_has_gone_is_not_pushed_though_plain_git_pruned_its_ref(clones, hub):
    a, _ = clones
    a("remote", "setup")
    hub.git("update-ref", "-d", REF)
    a.git("fetch", "--prune")
    assert not a.tip("refs/taskledger-remotes/origin/main")
    assert a.sync()["ledgers"][0]["status"] == "gone"


def test_nothing_goes_to_a_remote_that_was_not_elected(clones, make_repo, hub):
    a, _ = clones
    other = make_repo("other.git", bare=True)
    a.git("remote", "add", "other", str(other.path))
    a.create("More")
    for verb in ("sync", "push"):
        error = a.fails(verb, "other")
        assert (error["code"], error["exit_code"], error["hint"]) == ("NOT_ELECTED", 8, "gitledger pull other")
    a.sync("--all")
    a("pull", "other")
    a("fetch", "other")
    assert other.git("for-each-ref") == "" and other.git("count-objects") == "0 objects, 0 kilobytes"
    a.git("config", "taskledger.remote", "other")
    a.sync()
    assert other.git("rev-parse", REF) == a.tip()


def test_the_upstream_of_the_branch_is_elected_before_origin(clones, make_repo):
    a, _ = clones
    other = make_repo("other.git", bare=True)
    a.git("remote", "add", "other", str(other.path))
    a.git("config", "branch.main.remote", "other")
    assert a.sync()["remote"] == "other"
    a.git("config", "taskledger.remote", "origin")
    assert a.sync()["remote"] == "origin"


def test_without_a_remote_the_hint_adds_one(make_clone):
    c = make_clone("c")
    c("init")
    error = c.fails("sync")
    assert (error["code"], error["exit_code"]) == ("NO_REMOTE", 8)
    assert error["hint"].startswith("git remote add origin")
    c.git("remote", "add", "upstream", "../nowhere")
    assert c.fails("sync")["hint"] == "git config taskledger.remote upstream"
    assert c.fails("sync", "nobody")["code"] == "NO_REMOTE"


def test_push_and_pull_alone(clones, hub):
    a, b = clones
    a.create("From a")
    assert a("push", "--json").json["result"]["ledgers"][0]["status"] == "sent"
    b.create("From b")
    error = b.fails("push")
    assert (error["code"], error["hint"]) == ("REMOTE_REJECTED", "gitledger sync")
    before = hub.git("rev-parse", REF)
    report = b("pull", "--json").json["result"]["ledgers"][0]
    assert (report["status"], report["renumbered"]) == ("merged", [])
    assert hub.git("rev-parse", REF) == before
    rows = b("task", "list", "--json").json["result"]["tasks"]
    assert sorted(row["id"] for row in rows) == ["task-0001", "task-0002", "task-0002"]
    report = b.sync()["ledgers"][0]
    assert [move["title"] for move in report["renumbered"]] == ["From b"]


def test_fetch_moves_no_ledger(clones):
    a, b = clones
    a.create("From a")
    a.sync()
    before = b.tip()
    report = b("fetch", "--json").json["result"]["ledgers"][0]
    assert (report["status"], report["message"]) == ("behind", "0 ahead, 1 behind")
    assert b.tip() == before
    assert b.tip("refs/taskledger-remotes/origin/main") == a.tip()


def test_a_claim_that_came_second_is_ended(clones):
    a, b = clones
    for clone in (a, b):
        clone("claim", "1")
    a.sync()
    report = b.sync()["ledgers"][0]
    assert [(one["task_id"], one["first"]["actor_name"]) for one in report["claims_ended"]] == [("task-0001", "a")]
    a.sync()
    for clone in (a, b):
        locks = clone("lock", "show", "1", "--json").json["result"]["locks"]
        assert [lock["holder"]["actor_name"] for lock in locks] == ["a"]


def test_a_local_write_during_the_push_is_not_lost(clones, hub):
    """The hub's hook writes to the clone that pushes: the ref has moved when the push is accepted."""
    a, b = clones
    b.create("From b")
    b.sync()
    a.create("Before")
    argv = " ".join(f"'{word}'" for word in Cli.argv("task", "create", "During"))
    environ = " ".join(f"{name}='{value}'" for name, value in Cli.environ().items() if name in ("PYTHONPATH", "HOME", "PATH"))
    once = hub.path / "once"
    reject(
        hub,
        script=f"#!/bin/sh\ncat >/dev/null\ntest -e '{once}' && exit 0\ntouch '{once}'\ncd '{a.path}' && "
        f"env -i {environ} {argv} >&2\n",
    )
    report = a.sync()
    assert report["attempts"] == 2
    assert {"Before", "During"} <= set(a.numbers())
    assert a.tip() == hub.git("rev-parse", REF)


def test_a_hook_that_says_no_changes_nothing_here(clones, hub):
    a, b = clones
    b.create("From b")
    b.sync()
    reject(hub)
    a.create("From a")
    before = a.tip()
    error = a.fails("sync")
    assert (error["code"], error["exit_code"]) == ("REMOTE_HOOK", 8)
    assert "hook declined" in error["details"]["reason"]
    assert "not on a Friday" in str(error["remediation"])
    assert a.tip() == before


def _connections(clone, monkeypatch, trace):
    """The connections that a sync makes, in order, as the programs that it asks for at the other end."""
    trace.unlink(missing_ok=True)
    with monkeypatch.context() as traced:
        traced.setenv("GIT_TRACE", str(trace))
        result = clone.sync()
    lines = [line for line in trace.read_text().splitlines() if "run_command" in line]
    return result, ["push" if "receive-pack" in line else "fetch" for line in lines if "upload-pack" in line or "receive-pack" in line]


def test_what_only_adds_is_pushed_first_and_the_fetch_shows_that_it_arrived(clones, hub, tmp_path, monkeypatch):
    a, b = clones
    trace = tmp_path / "trace"
    a.create("One")
    result, connections = _connections(a, monkeypatch, trace)
    assert (result["ledgers"][0]["status"], connections) == ("sent", ["push", "fetch"])
    assert hub.git("rev-parse", REF) == a.tip() == a.tip("refs/taskledger-remotes/origin/main")
    # Somebody else was there: the push comes too late, and the usual order follows, with a look at the end.
    b.create("Two")
    result, connections = _connections(b, monkeypatch, trace)
    assert (result["ledgers"][0]["status"], connections) == ("merged", ["push", "fetch", "push", "fetch"])
    # Who has met others fetches first; and once nothing came in any more, pushes first again.
    b.create("Three")
    assert _connections(b, monkeypatch, trace)[1] == ["fetch", "push", "fetch"]
    b.create("Four")
    assert _connections(b, monkeypatch, trace)[1] == ["push", "fetch"]
    assert a.sync()["ledgers"][0]["new_tasks"] == 3 and a.tip() == b.tip() == hub.git("rev-parse", REF)


@pytest.mark.parametrize("verb", ["sync", "push"])
@pytest.mark.parametrize("is_alone", [True, False])
def test_a_remote_that_says_it_took_it_and_does_not_hold_it(clones, hub, verb, is_alone):
    """A hook there puts the ref back, or takes it away, after git has told that all is well."""
    a, b = clones
    if not is_alone:
        b.create("From b")
        b.sync()
        a.sync()
    a.create("From a")
    before, held = a.refs(), hub.git("rev-parse", REF)
    for undo in (f"git update-ref {REF} {held}", f"git update-ref -d {REF}"):
        reject(hub, "post-receive", f"#!/bin/sh\n{undo}\n")
        error = a.fails(verb)
        assert (error["code"], error["exit_code"], error["retryable"]) == ("REMOTE_LOST", 8, False)
        assert error["details"]["ref"] == REF and error["details"]["sent"] == a.tip()
        hub.git("update-ref", REF, held)
        a.git("update-ref", "refs/taskledger-remotes/origin/main", held)
        assert a.refs() == before
    (hub.path / "hooks" / "post-receive").unlink()
    assert a(verb, "--json").json["result"]["ledgers"][0]["status"] == "sent"
    assert hub.git("rev-parse", REF) == a.tip()


def test_a_remote_on_which_somebody_has_gone_on_at_once_holds_it(clones, hub):
    a, _ = clones
    for name in ("user.name", "user.email"):
        hub.git("config", name, "x")
    reject(
        hub,
        "post-receive",
        "#!/bin/sh\nwhile read old new ref; do git update-ref $ref $(git commit-tree -p $new -m x $new^{tree}); done\n",
    )
    a.create("From a")
    assert a("push", "--json").json["result"]["ledgers"][0]["status"] == "sent"
    assert hub.git("rev-parse", f"{REF}^") == a.tip()


def test_git_tidies_up_after_some_of_the_packs_that_come_in(clones, hub, monkeypatch):
    a, b = clones
    started = []
    monkeypatch.setattr("gitledger.sync.link.start_maintenance", started.append)
    pg, tip, who = pygit2.Repository(str(hub.path)), a.tip(), pygit2.Signature("x", "x@example.org", 1, 0)
    for is_due in (False, True):
        # One fetch of a tip whose id begins like one in sixteen does, and one of any other.
        made = (str(pg.create_commit(None, who, who, str(number), pg[tip].tree_id, [tip])) for number in range(1000))
        tip = next(one for one in made if one.startswith("0") == is_due)
        hub.git("update-ref", REF, tip)
        for _ in range(2):
            a("fetch", "--json")
        assert len(started) == int(is_due)


def test_a_host_that_takes_only_branches(clones, hub, make_clone):
    a, _ = clones
    hub.git("update-ref", "-d", REF)
    for place in ("refs/taskledger", "refs/notes"):
        hub.git("config", "--add", "receive.hideRefs", place)
    error = a.fails("sync", "--recreate")
    assert error["code"] == "REMOTE_REJECTED"
    assert error["hint"] == "git config taskledger.remoteNamespace refs/heads/taskledger"
    c = make_clone("c", hub.path)
    for clone in (a, c):
        clone.git("config", "taskledger.remoteNamespace", "refs/heads/taskledger")
    assert a.sync()["ledgers"][0]["status"] == "sent"
    assert hub.git("for-each-ref", "--format=%(refname)") == "refs/heads/taskledger/main"
    assert c.sync()["ledgers"][0]["status"] == "started"
    assert c.tip() == a.tip()
    c("remote", "setup")
    assert "refs/heads/taskledger/*:refs/taskledger-remotes/origin/*" in c.git("config", "--get-all", "remote.origin.fetch")


def test_remote_setup_never_leads_onto_ones_own_refs(clones):
    a, b = clones
    before = a.tip()
    a("remote", "setup")
    a("remote", "setup")
    fetched = a.git("config", "--get-all", "remote.origin.fetch").splitlines()
    assert fetched.count("+refs/taskledger/*:refs/taskledger-remotes/origin/*") == 1
    assert not [line for line in fetched if ":refs/taskledger/" in line]
    b.create("From b")
    b.sync()
    a.git("fetch", "--prune")
    assert a.tip() == before
    assert a.tip("refs/taskledger-remotes/origin/main") == b.tip()
    assert a.sync()["ledgers"][0]["status"] == "received"


def test_remote_status_tells_what_is_not_published(clones, monkeypatch):
    a, b = clones
    b.create("From b")
    b.sync()
    a("fetch")
    a.create("From a")
    a("claim", "1")
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "none")
    status = a("remote", "status", "--json").json["result"]
    assert (status["ahead"], status["behind"]) == (2, 1)
    assert [(task["title"], task["is_new"]) for task in status["tasks"]] == [("First", False), ("From a", True)]
    assert [claim["task_id"] for claim in status["claims"]] == ["task-0001"]
    assert status["last_sync"]
    assert "2 ahead, 1 behind" in a("remote", "status").stdout


def test_the_work_tree_and_gits_own_refs_stay_as_they_are(clones):
    a, b = clones
    b.create("From b")
    b.sync()
    a.write("mine.txt", "mine\n")
    before = (a.git("status", "--porcelain=v2", "--branch"), sorted(path.name for path in (a.path / ".git").iterdir()))
    a.sync()
    assert (a.git("status", "--porcelain=v2", "--branch"), sorted(path.name for path in (a.path / ".git").iterdir())) == before
    others = [line for line in a.refs().splitlines() if "refs/taskledger" not in line]
    assert others == []


def test_the_users_hooks_do_not_run(clones):
    a, _ = clones
    for name in ("pre-push", "reference-transaction", "post-merge"):
        reject(Repo(a.path / ".git"), name, f"#!/bin/sh\ntouch '{a.path}/ran-{name}'\nexit 1\n")
    a.create("More")
    a.sync()
    assert list(a.path.glob("ran-*")) == []


def test_ten_clones_at_once(make_clone, hub):
    """Real processes, all at the same moment, each with a task of its own."""
    first = make_clone("first", hub.path)
    first("init")
    first.sync()
    clones = [make_clone(f"c{number}", hub.path) for number in range(10)]
    for clone in clones:
        clone.sync()
        clone.create(f"From {clone.actor}")
    env = Cli.environ({"GITLEDGER_ACTOR_NAME": "x", "GITLEDGER_ACTOR_TYPE": "agent"})
    for clone in clones:
        clone.git("config", "taskledger.syncRetries", "40")

    def together() -> None:
        children = [
            subprocess.Popen(Cli.argv("sync", "--json"), cwd=clone.path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for clone in clones
        ]
        for child in children:
            out, err = child.communicate(timeout=60)
            assert child.returncode == 0, (out.decode(), err.decode())

    together()
    together()
    tips = {clone.tip() for clone in clones}
    assert tips == {hub.git("rev-parse", REF)}
    assert sorted(clones[0].numbers().values()) == [f"task-{number:04d}" for number in range(1, 11)]
    assert clones[0].is_whole()


def test_too_many_lost_races_end_in_an_error(clones, hub):
    """A hub where somebody else always comes first."""
    a, b = clones
    b.create("Other")
    a.create("Mine")
    b.git("push", "--quiet", "origin", f"{b.tip()}:refs/heads/spare")
    a.git("config", "taskledger.syncRetries", "1")
    # Whatever arrives, the ref is moved below it: the compare-and-swap of the server fails.
    reject(
        hub,
        script="#!/bin/sh\nunset GIT_QUARANTINE_PATH GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES\n"
        "while read old new ref; do git update-ref $ref $(git commit-tree -p $old -m x $old^{tree}); done\n",
    )
    hub.git("config", "user.name", "x")
    hub.git("config", "user.email", "x@example.org")
    before = a.tip()
    error = a.fails("sync")
    assert (error["code"], error["retryable"], error["exit_code"]) == ("REMOTE_RACE", True, 8)
    assert a.tip() == before

