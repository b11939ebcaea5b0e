"""Who acts, and what that was known by."""

import pytest

from gitledger.model.task import Actor
from gitledger.ops._facts import Host
from gitledger.ops.actor import WhoAmI
from tests.ops.harness import BOT, given


def test_the_actor_is_the_one_that_events_carry():
    view = given().as_(BOT).run(WhoAmI())
    assert (view.kind, view.actor.actor_type, view.actor.actor_name, view.actor.session_id) == (
        "taskledger_actor_identity",
        "agent",
        "bot",
        "s1",
    )
    assert view.holder == BOT.holder()


@pytest.mark.parametrize(
    ("harness", "host", "name", "kind"),
    [
        (None, Host(has_terminal=True), "unknown", "unknown"),
        ("codex", Host(harness="codex"), "codex", "agent_harness"),
        ("codex", Host(harness="codex", is_ci=True), "codex", "agent_harness"),
        ("github-actions", Host(is_ci=True), "github-actions", "ci"),
        ("manual", Host(), "manual", "manual"),
    ],
)
def test_the_harness_has_a_kind(harness, host, name, kind):
    scene = given().as_(Actor(type="agent", name="a", harness=harness)).at(host)
    view = scene.run(WhoAmI())
    assert (view.harness.name, view.harness.kind, view.harness.detected) == (name, kind, host.harness)
    assert (view.detected.is_ci, view.detected.has_terminal) == (host.is_ci, host.has_terminal)


def test_whoami_needs_no_ledger(cli):
    assert cli("actor", "whoami", "--json").json["result"]["actor"]["actor_name"] == "gitledger"


def test_who_acts_is_said_once_for_the_repository_and_holds_for_every_command(cli, repo):
    assert cli("actor", "clear", "--json").json["result"] == {"cleared": False, "kind": "actor_clear"}
    told = cli(*"actor set --type agent --name zoe --role reviewer --tool codex --json".split()).json["result"]
    assert (told["value"], told["changed"], told["actor"]["tool"]) == ("agent:zoe:reviewer", True, "codex")
    assert repo.git("config", "taskledger.actor") == "agent:zoe:reviewer"
    assert cli(*"actor set --type agent --name zoe --role reviewer --json".split()).json["result"]["changed"] is False
    cli("init")
    cli("task", "create", "Job")
    event = cli("task", "events", "--task", "1", "--json").json["result"]["items"][0]
    assert (event["actor"]["actor_name"], event["actor"]["role"], event["harness"]) == ("zoe", "reviewer", "codex")
    assert cli("task", "create", "Other", env={"GITLEDGER_ACTOR_TYPE": "user", "GITLEDGER_ACTOR_NAME": "bob"}).exit_code == 0
    assert cli("task", "show", "2", "--json").json["result"]["task"]["creator"]["actor_name"] == "bob"
    cli("handoff", "create", "--mode", "full", "--intended-harness", "codex", "--task", "1")
    assert cli("handoff", "claim", "1", "--task", "1").exit_code == 0
    assert cli("actor", "clear", "--json").json["result"]["cleared"] is True
    assert cli("actor", "whoami", "--json").json["result"]["actor"]["actor_name"] == "codex"


def test_the_harness_is_said_once_with_its_kind(cli, repo):
    told = cli("harness", "set", "--name", "nightly", "--kind", "ci", "--json").json["result"]
    assert (told["kind"], told["value"], told["harness"]["kind"]) == ("harness_set", "ci:nightly", "ci")
    harness = cli("actor", "whoami", "--json").json["result"]["harness"]
    assert (harness["name"], harness["kind"]) == ("nightly", "ci")
    assert cli("harness", "clear", "--json").json["result"]["cleared"] is True
    assert cli("actor", "whoami", "--json").json["result"]["harness"]["name"] == "unknown"
    assert repo.git("config", "--get", "taskledger.harness", check=False) == ""


@pytest.mark.parametrize(
    "line",
    [
        "actor set --type robot --name zoe",
        "actor set --type agent --name a:b",
        "actor set --type agent --name zoe --session-id s1",
        "harness set --name codex --session-id s1",
        "harness set --name codex --kind robot",
    ],
)
def test_what_a_repository_cannot_say_is_refused_and_nothing_is_written(cli, repo, line):
    refused = cli(*line.split(), "--json")
    assert refused.exit_code == 2 and refused.json["error"]["code"] in ("INVALID_INPUT", "USAGE")
    assert "taskledger" not in repo.git("config", "--local", "--list")
