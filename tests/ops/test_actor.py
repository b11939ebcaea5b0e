"""Who acts, and what that was known by."""

import pytest

from gitledger.model.task import Actor
from gitledger.ops._base import Host
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
