"""Real servers on loopback: by path, `git daemon`, smart HTTP; hooks, broken lines, passwords, silence."""

from types import SimpleNamespace

import socket
import time

import pytest

from gitledger.errors import SyncError
from gitledger.git import Git
from gitledger.git.remote import Push, create_bundle, fetch_refs, list_remote_refs, push_refs
from gitledger.sync import tries
from tests.sync.conftest import REF, reject

TRANSPORTS = ("daemon", "http")


@pytest.mark.parametrize("kind", TRANSPORTS)
def test_two_clones_over_a_network(kind, servers, hub, make_clone):
    url = f"{servers(kind)}/hub.git"
    a, b = make_clone("a", url), make_clone("b", url)
    a("init")
    a.create("From a")
    assert a.sync()["ledgers"][0]["status"] == "sent"
    b.sync()
    a.create("Again a")
    b.create("Again b")
    a.sync()
    assert [move["title"] for move in b.sync()["ledgers"][0]["renumbered"]] == ["Again b"]
    assert a.sync()["changed"] and not a.sync()["changed"]
    assert a.tip() == b.tip() == hub.git("rev-parse", REF)
    assert list_remote_refs(git_of(a), "origin", [REF]) == {REF: a.tip()}

    reject(hub)
    a.create("On a Friday")
    before = a.tip()
    error = a.fails("sync")
    assert (error["code"], error["exit_code"]) == ("REMOTE_HOOK", 8)
    assert a.tip() == before


@pytest.mark.parametrize("kind", TRANSPORTS)
@pytest.mark.parametrize("cut_after", [0, 700])
def test_a_line_that_breaks(kind, cut_after, servers, hub, make_clone):
    url = servers(kind)
    seed = make_clone("seed", hub.path)
    seed("init")
    for number in range(4):
        seed.create(f"Task {number}")
    seed.sync()
    proxy = servers("proxy", target=int(url.rpartition(":")[2]), cut_after=cut_after, cut_from=hub.path / "cut")
    a = make_clone("a", f"{url.rpartition(':')[0]}:{proxy.port}/hub.git")
    error = a.fails("sync")
    assert (error["code"], error["exit_code"], error["retryable"]) == ("REMOTE_UNREACHABLE", 8, True)
    assert a.refs() == ""
    proxy.cut_after = None
    assert a.sync()["ledgers"][0]["status"] == "started"
    # Now the answer to a push is lost: it has arrived, and the next sync learns so.
    a.create("Mine")
    reject(hub, script=f"#!/bin/sh\ncat >/dev/null\ntouch '{proxy.cut_from}'\n")
    error = a.fails("sync")
    assert error["code"] == "REMOTE_UNREACHABLE", error
    assert a.tip() == hub.git("rev-parse", REF) != a.tip("refs/taskledger-remotes/origin/main")
    proxy.cut_from.unlink()
    a.sync()
    assert a.tip() == hub.git("rev-parse", REF)
    assert a.is_whole()


def test_a_password_that_nobody_can_type(servers, hub, make_clone):
    server = servers("http", password="ada:secret")
    a = make_clone("a", f"{server.url}/hub.git")
    a("init")
    started = time.monotonic()
    error = a.fails("sync")
    assert (error["code"], error["exit_code"]) == ("REMOTE_AUTH", 8)
    assert error["hint"] == "git ls-remote origin"
    assert time.monotonic() - started < 10
    # The user's own credential helper is asked, as for git itself.
    a.git("config", "credential.helper", "!f() { test \"$1\" = get && echo username=ada && echo password=secret; }; f")
    assert a.sync()["ledgers"][0]["status"] == "sent"


def test_a_password_in_the_address_is_not_told_on(servers, hub, make_clone):
    server = servers("http", password="ada:secret")
    a = make_clone("a", f"{server.url.replace('http://', 'http://ada:wrong-pass@')}/hub.git")
    a("init")
    error = a.fails("sync")
    assert error["code"] == "REMOTE_AUTH"
    assert "wrong-pass" not in str(error)


def test_ssh_goes_by_the_users_own_settings(hub, make_clone, tmp_path, monkeypatch):
    """What git would run for ssh is what is run, with its words when it fails; a stand-in that opens a shell here."""
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file:ssh")
    ssh, seen = tmp_path / "ssh", tmp_path / "seen"
    ssh.write_text(f'#!/bin/sh\necho "$@" >>{seen}\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    a = make_clone("a", f"ssh://ada@example.org{hub.path}")
    a.git("config", "core.sshCommand", str(ssh))
    a("init")
    a.create("Job")
    assert a.sync()["ledgers"][0]["status"] == "sent"
    assert hub.git("rev-parse", REF) == a.tip()
    assert "ada@example.org" in seen.read_text()
    for said, code in (
        ("ada@example.org: Permission denied (publickey).", "REMOTE_AUTH"),
        ("Host key verification failed.", "REMOTE_AUTH"),
        ("ssh: Could not resolve hostname example.org: Name or service not known", "REMOTE_UNREACHABLE"),
        ("ssh: connect to host example.org port 22: Connection timed out", "REMOTE_UNREACHABLE"),
    ):
        ssh.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 255\n")
        error = a.fails("sync")
        assert (error["code"], error["exit_code"], error["hint"]) == (code, 8, "git ls-remote origin"), error


def test_nobody_there(make_clone, tmp_path):
    for name, url in (("a", f"git://127.0.0.1:{closed_port()}/hub.git"), ("b", f"http://127.0.0.1:{closed_port()}/hub.git"), ("c", tmp_path / "no.git")):
        clone = make_clone(name, url)
        clone("init")
        error = clone.fails("sync")
        assert (error["code"], error["exit_code"]) == ("REMOTE_UNREACHABLE", 8), error
        assert error["details"]["stderr"]


def test_a_server_that_says_nothing(make_clone):
    with socket.create_server(("127.0.0.1", 0)) as server:
        a = make_clone("a", f"git://127.0.0.1:{server.getsockname()[1]}/hub.git")
        a("init")
        started = time.monotonic()
        for ask in (
            lambda: fetch_refs(git_of(a), "origin", ["+refs/taskledger/*:refs/taskledger-remotes/origin/*"], timeout=0.3),
            lambda: push_refs(git_of(a), "origin", [Push(REF, a.tip(), None)], timeout=0.3),
            lambda: list_remote_refs(git_of(a), "origin", timeout=0.3),
        ):
            with pytest.raises(SyncError) as caught:
                ask()
            assert (caught.value.code, caught.value.exit_code, caught.value.retryable) == ("REMOTE_TIMEOUT", 8, True)
    assert time.monotonic() - started < 10


def test_a_push_compares_with_what_was_expected_and_never_goes_back(clones, hub):
    a, b = clones
    old = a.tip()
    b.create("From b")
    b.sync()
    a.create("From a")
    git = git_of(a)
    assert [answer.outcome for answer in push_refs(git, "origin", [Push(REF, a.tip(), old)])] == ["stale"]
    assert [answer.outcome for answer in push_refs(git, "origin", [Push(REF, a.tip(), None)])] == ["stale"]
    a("fetch")
    with pytest.raises(SyncError) as caught:
        push_refs(git, "origin", [Push(REF, a.tip(), b.tip())])
    assert caught.value.code == "REMOTE_REJECTED"
    assert hub.git("rev-parse", REF) == b.tip()


def test_refs_are_pushed_all_or_none(clones, hub):
    a, _ = clones
    one, two = Push("refs/taskledger/one", a.tip(), None), Push("refs/taskledger/two", a.tip(), a.tip())
    answers = push_refs(git_of(a), "origin", [one, two])
    assert [answer.outcome for answer in answers] == ["refused", "stale"]
    assert "taskledger/one" not in hub.git("for-each-ref")
    hub.git("config", "receive.advertiseAtomic", "false")
    answers = push_refs(git_of(a), "origin", [one, two])
    assert [answer.outcome for answer in answers] == ["done", "stale"]


def test_a_busy_server_is_tried_again_and_a_lock_left_behind_is_no_refusal(clones, hub, monkeypatch):
    """A server that could not lock the ref has lost no argument: somebody else pushes there, or a killed process did."""
    a, _ = clones
    lock = hub.path / f"{REF}.lock"
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            lock.unlink()

    monkeypatch.setattr(tries, "time", SimpleNamespace(sleep=wait))
    a.create("More")
    lock.touch()
    report = a.sync()
    assert (report["attempts"], report["ledgers"][0]["status"], len(waits)) == (4, "sent", 3)
    assert hub.git("rev-parse", REF) == a.tip()

    a.create("Again")
    a.git("config", "taskledger.syncRetries", "1")
    lock.touch()
    before = a.tip()
    for words in (("sync",), ("claim", "1", "--remote")):
        error = a.fails(*words)
        assert (error["code"], error["exit_code"], error["retryable"]) == ("REMOTE_RACE", 8, True)
        assert "was busy 2 times" in error["message"] and "failed to update ref" in error["details"]["reason"], error
        assert ".lock" in error["details"]["stderr"]
    assert "nothing was pushed" in a.fails("push")["message"]
    assert a.tip() == before


def test_a_name_that_is_in_the_way_at_the_remote_is_a_refusal(clones, hub):
    """No waiting helps where the remote's ledger `main` stands in the way of `main/x`."""
    a, _ = clones
    a.git("update-ref", "-d", REF)
    a.git("update-ref", f"{REF}/x", "refs/taskledger-remotes/origin/main")
    error = a.fails("--ledger", "main/x", "sync")
    assert (error["code"], error["exit_code"]) == ("REMOTE_REJECTED", 8)
    assert "exists; cannot create" in error["details"]["stderr"]


def test_a_mirror_remote_is_pushed_to_like_any_other(clones, hub):
    a, _ = clones
    a.git("config", "remote.origin.mirror", "true")
    a.git("config", "push.followTags", "true")
    a.git("commit", "--quiet", "--allow-empty", "-m", "Code")
    a.git("tag", "-a", "v1", "-m", "v1")
    a.create("More")
    a.sync()
    assert hub.git("for-each-ref", "--format=%(refname)") == REF


def test_a_bundle_that_cannot_be_written(clones, tmp_path):
    from gitledger.errors import StorageError

    with pytest.raises(StorageError) as caught:
        create_bundle(git_of(clones[0]), str(tmp_path / "no" / "x.bundle"), [REF])
    assert caught.value.code == "WRITE_FAILED"


def git_of(clone):
    import os

    return Git(str(clone.path / ".git"), str(clone.path / ".git"), str(clone.path), os.environ)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
