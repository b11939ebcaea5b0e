"""Ledgers that were closed, or are gone: a sync from elsewhere tells everybody, brings nothing back, and loses nothing."""

FEATURE = "refs/taskledger/feature"


def test_a_closed_ledger_is_not_pushed_again_and_loses_nothing(clones, hub):
    a, b = clones
    a("ledger", "fork", "feature")
    a.sync()
    # Only fetched, it stays in its tracking ref until it is asked for by name.
    assert b.sync("--all")["remote_only"] == ["feature"] and not b.tip(FEATURE)
    b("ledger", "switch", "feature")
    assert b.tip(FEATURE) == a.tip(FEATURE)
    b.create("Not shared yet")

    a("ledger", "switch", "main")
    assert a("--json", "ledger", "delete", "feature", "--reason", "Finished.").json["result"]["deleted"] is False
    assert {one["status"] for one in a.sync("--all")["ledgers"]} == {"in_sync", "sent"}
    closed = hub.git("rev-parse", FEATURE)
    assert a("--json", "ledger", "delete", "feature").json["result"]["deleted"] is True
    assert a.sync("--all")["remote_only"] == ["feature"] and not a.tip(FEATURE)

    for words in (["sync"], ["push"], ["sync"]):
        (one,) = b(*words, "--json").json["result"]["ledgers"]
        assert one["status"] == "closed" and "Finished." in one["message"], one
        assert hub.git("rev-parse", FEATURE) == closed
    assert b.fails("task", "create", "x")["code"] == "LEDGER_CLOSED"
    assert b.fails("claim", "1", "--remote")["code"] == "LEDGER_CLOSED"
    assert set(b.numbers()) == {"First", "Not shared yet"} and b.is_whole()

    # Nor is it brought back where somebody removed it at the remote.
    hub.git("update-ref", "-d", FEATURE)
    for words in (["sync"], ["sync", "--recreate"], ["sync", "--all"]):
        b(*words)
        assert hub.git("for-each-ref", FEATURE) == ""


def test_one_that_was_opened_again_is_shared_again(clones, hub):
    a, b = clones
    a("ledger", "close", "--reason", "Over.")
    a.sync()
    assert b.sync()["ledgers"][0]["status"] == "closed"
    b("ledger", "reopen", "--reason", "Not over.")
    b.create("More")
    assert b.sync()["ledgers"][0]["status"] == "sent"
    assert hub.git("rev-parse", "refs/taskledger/main") == b.tip()
    assert a.sync()["ledgers"][0]["status"] == "received"
    a.create("And more")
    a.sync()
    assert b.sync()["ledgers"][0]["status"] == "received" and a.tip() == b.tip()


def test_who_wrote_offline_while_it_was_closed_has_it_all_and_may_open_it(clones, hub):
    a, b = clones
    b.create("Offline")
    a("ledger", "close", "--reason", "Over.")
    a.sync()
    closed = hub.git("rev-parse", "refs/taskledger/main")
    assert b.sync()["ledgers"][0]["status"] == "closed"
    assert hub.git("rev-parse", "refs/taskledger/main") == closed and "Offline" in b.numbers()
    b("ledger", "reopen", "--reason", "There was more.")
    b.sync()
    a.sync()
    assert "Offline" in a.numbers() and a.tip() == b.tip()
