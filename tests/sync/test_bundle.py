"""A ledger by file, in a partial clone, and from the Python side."""

import pytest

from gitledger import open_ledger
from gitledger.ops.sync import SyncLedgers
from gitledger.sync import run
from tests.sync.conftest import Clone
from tests.sync.test_hostile import Forger, forge_record


def test_a_round_trip_by_file(make_clone, tmp_path):
    a, b = make_clone("a"), make_clone("b")
    a("init")
    a.create("From a")
    (tmp_path / "post").mkdir()
    post = tmp_path / "post" / "one.bundle"
    assert "wrote" in a("sync", "--bundle", str(post)).stdout
    assert post.stat().st_size > 100
    assert b.sync("--bundle", str(post))["ledgers"][0]["status"] == "started"
    assert b.tip() == a.tip()
    a.create("Again a")
    b.create("Again b")
    there, back = tmp_path / "there.bundle", tmp_path / "back.bundle"
    a("sync", "--bundle-out", str(there))
    b("sync", "--bundle-out", str(back))
    # No remote could settle: both do, by the same rule, and agree.
    first, second = b.sync("--bundle-in", str(there))["ledgers"][0], a.sync("--bundle-in", str(back))["ledgers"][0]
    assert first["renumbered"] == second["renumbered"] and first["renumbered"]
    assert a.numbers() == b.numbers()
    assert len(set(a.numbers().values())) == 3
    again = a.sync("--bundle-in", str(back))["ledgers"][0]
    assert (again["status"], again["renumbered"]) == ("ahead", [])


def test_a_bundle_is_relative_to_the_folder_of_the_command(make_clone):
    a = make_clone("a")
    a("init")
    (a.path / "sub").mkdir()
    a("-C", "sub", "sync", "--bundle-out", "x.bundle")
    assert (a.path / "sub" / "x.bundle").exists()


def test_what_a_bundle_may_not_do(make_clone, clones, tmp_path):
    a, b = clones
    made = tmp_path / "x.bundle"
    a("sync", "--bundle-out", str(made))
    before = made.read_bytes()
    assert a.fails("sync", "--bundle-out", str(made))["exit_code"] == 2
    assert made.read_bytes() == before
    assert a.fails("sync", "--bundle-in", str(tmp_path / "none"))["exit_code"] == 5
    assert a.fails("sync", "origin", "--bundle", str(made))["exit_code"] == 2
    forger = Forger(b)
    forge_record(forger)
    commit = forger.push()
    b.git("update-ref", "refs/taskledger/main", commit)
    bad = tmp_path / "bad.bundle"
    b("sync", "--bundle-out", str(bad))
    tip = a.tip()
    assert a.fails("sync", "--bundle-in", str(bad))["exit_code"] == 6
    assert a.tip() == tip
    bad.write_bytes(b"# v2 git bundle\nnot one\n")
    error = a.fails("sync", "--bundle-in", str(bad))
    assert error["exit_code"] == 8 and error["details"]["stderr"]


def test_a_partial_clone_gets_every_event(clones, hub, tmp_path):
    a, _ = clones
    a.git("commit", "--quiet", "--allow-empty", "-m", "Code")
    a.git("push", "--quiet", "origin", "main")
    hub.git("config", "uploadpack.allowFilter", "true")
    a.git("clone", "--quiet", "--filter=blob:none", f"file://{hub.path}", str(tmp_path / "partial"))
    c = Clone(tmp_path / "partial", "c")
    # What plain git fetches here leaves the events out; a sync asks for them again.
    c("remote", "setup")
    c.git("fetch", "--quiet")
    assert c.sync()["ledgers"][0]["status"] == "started"
    assert c.is_whole() and c.numbers() == {"First": "task-0001"}
    a.create("More")
    a.sync()
    c.create("Mine")
    assert c.sync()["ledgers"][0]["status"] == "merged"
    assert c.is_whole()


def test_from_python(clones):
    a, _ = clones
    a.create("More")
    outcome = run(open_ledger(str(a.path)), SyncLedgers())
    assert outcome.changed and outcome.view.ledgers[0].status == "sent"


@pytest.mark.parametrize("namespace", ["refs/heads", "refs", "heads/x", "refs/heads/../x", "refs//x"])
def test_a_namespace_that_holds_other_things_is_refused(namespace, clones):
    a, _ = clones
    a.git("config", "taskledger.remoteNamespace", namespace)
    assert a.fails("sync")["exit_code"] == 2
