"""The work graph on real repositories: the index follows every write, races are decided again, other ledgers and processes are seen."""

import json
import subprocess
import sys

import pytest

from gitledger.errors import Conflict
from gitledger.ledger import Ledger, open_ledger, recording
from gitledger.ops.advance import AdvanceTask
from gitledger.ops.dep import AddDependency
from gitledger.ops.item import CreateItem
from gitledger.ops.ready import ListReady
from tests.conftest import Cli, Repo

OTHER = {"GITLEDGER_SESSION": "other", "GITLEDGER_ACTOR_TYPE": "agent", "GITLEDGER_ACTOR_NAME": "other"}


@pytest.fixture
def graph(repo: Repo, cli: Cli, ask) -> Cli:
    """Five light tasks: 2 waits for 1, 3 for 2, 5 is a part of 4."""
    for words in (["init"], *(["item", "create", f"Job {number}"] for number in range(1, 5))):
        assert cli(*words).exit_code == 0
    for words in (["item", "create", "Job 5", "--parent", "4"], ["dep", "pattern", "linear", "1", "2", "3"]):
        assert cli(*words).exit_code == 0
    return cli


def ready(ask, cli: Cli, *words: str, **more) -> list[int]:
    return [int(task["id"][-4:]) for task in ask(cli, "ready", *words, **more)["tasks"]]


def test_the_loop_of_an_agent(graph, ask):
    assert ready(ask, graph) == [1, 4, 5]
    assert ask(graph, "claim", "--next")["task_id"] == ask(graph, "next")["task_id"] == "task-0001"
    ask(graph, "advance", "1", "start")
    done = ask(graph, "advance", "1", "complete")
    assert [task["id"] for task in done["unblocked"]] == ["task-0002"]
    assert ready(ask, graph) == [2, 4, 5]
    assert [task["chain"] for task in ask(graph, "blocked")["tasks"]] == [["task-0002"]]
    ask(graph, "hold", "--task", "2", "--reason", "Wait")
    assert ready(ask, graph) == [4, 5]
    ask(graph, "advance", "1", "reopen")
    ask(graph, "resume", "2")
    assert ready(ask, graph) == [1, 4, 5]
    ask(graph, "dep", "remove", "2", "1")
    assert ready(ask, graph) == [1, 2, 4, 5]


def test_a_waiver_a_deletion_and_an_archived_task_change_what_is_ready(graph, ask):
    ask(graph, "require", "waive", "2", "--task", "3", "--reason", "It can go first")
    assert ready(ask, graph) == [1, 3, 4, 5]
    ask(graph, "task", "delete", "--task", "1", "--reason", "Gone", "--force")
    assert ready(ask, graph) == [2, 3, 4, 5]
    ask(graph, "advance", "4", "complete")
    ask(graph, "advance", "4", "archive")
    assert [node["id"] for node in ask(graph, "tree")["nodes"]] == ["task-0002", "task-0003", "task-0005"]


def test_an_index_made_anew_says_the_same(graph, ask):
    words = (["ready", "--explain"], ["blocked"], ["tree"], ["graph"], ["dep", "list", "2"], ["tag", "list"], ["stale"])
    before = [ask(graph, *line) for line in words]
    ask(graph, "reindex")
    assert [ask(graph, *line) for line in words] == before


def test_claims_of_others_here_and_in_other_ledgers_are_seen(graph, ask):
    ask(graph, "claim", "1", env=OTHER)
    assert ready(ask, graph) == [4, 5]
    ask(graph, "ledger", "fork", "feature")
    ask(graph, "--ledger", "feature", "claim", "4", env=OTHER)
    assert ready(ask, graph) == [5]
    assert ready(ask, graph, env=OTHER) == [1, 4, 5]
    assert ask(graph, "next")["task_id"] == "task-0005"
    assert ready(ask, graph, "--all-ledgers") == [5]


def racing(ledger: Ledger, monkeypatch, op) -> None:
    """Let somebody else run `op` right before the next entry of this ledger is added."""
    real, rivals = recording._append, [op]

    def append(where, *args):
        if where is ledger and rivals:
            Ledger(where.repo, where.name, where.name_source, where.config).run(rivals.pop())
        return real(where, *args)

    monkeypatch.setattr(recording, "_append", append)


def test_opposite_edges_added_at_once_make_no_circle(graph, repo, monkeypatch):
    """The reference stored a circle in 44 of 60 such rounds."""
    ledger = open_ledger(str(repo.path))
    racing(ledger, monkeypatch, AddDependency(task="4", others=["3"]))
    with pytest.raises(Conflict) as refused:
        ledger.run(AddDependency(task="3", others=["4"]))
    assert refused.value.details["cycle"] == ["task-0003", "task-0004", "task-0003"]


def test_one_of_two_who_complete_a_task_at_once_is_refused(graph, repo, monkeypatch):
    ledger = open_ledger(str(repo.path))
    racing(ledger, monkeypatch, AdvanceTask(task="1", trigger="complete"))
    with pytest.raises(Conflict) as refused:
        ledger.run(AdvanceTask(task="1", trigger="complete"))
    assert refused.value.message == "Cannot complete task-0001 from done."


def test_a_blocker_that_is_reopened_meanwhile_blocks(graph, repo, monkeypatch):
    ledger = open_ledger(str(repo.path))
    ledger.run(AdvanceTask(task="1", trigger="complete"))
    racing(ledger, monkeypatch, AdvanceTask(task="1", trigger="reopen"))
    with pytest.raises(Exception, match="waits for unfinished tasks: task-0001"):
        ledger.run(AdvanceTask(task="2", trigger="start"))


def test_several_at_once_are_one_entry(graph, repo):
    before = repo.git("rev-list", "--count", "refs/taskledger/main")
    done = graph("dep", "add", "5", "1", "2", "--blocks", "4", "--json")
    assert len(done.json["events"]) == 3
    assert int(repo.git("rev-list", "--count", "refs/taskledger/main")) == int(before) + 1
    assert graph("dep", "add", "5", "3", "4", "--json").json["error"]["code"] == "CONFLICT"
    assert int(repo.git("rev-list", "--count", "refs/taskledger/main")) == int(before) + 1


def test_reading_needs_no_libgit2(graph):
    """What the budget of `ready` rests on (design §6)."""
    code = (
        "import sys; from gitledger.cli.main import run; code = run(sys.argv[1:]);"
        "heavy = {'pygit2', 'yaml', 'cronsim', 'subprocess', 'gitledger.ops._steps'} & set(sys.modules);"
        "assert not heavy, heavy; sys.exit(code)"
    )
    graph("ready")
    for command in ("ready", "next", "blocked", "tree"):
        done = subprocess.run([sys.executable, "-c", code, command], cwd=graph.path, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert done.stdout


def test_what_was_written_is_still_ready_after_verify_and_in_a_copy(graph, repo, make_repo, ask):
    assert graph("verify").exit_code == 0
    copy = make_repo("copy")
    copy.git("fetch", "--quiet", str(repo.path), "refs/taskledger/main:refs/taskledger/main")
    there = open_ledger(str(copy.path)).run(ListReady()).view
    assert [task.id for task in there.tasks] == ["task-0001", "task-0004", "task-0005"]


def test_hostile_titles_reach_no_drawing(graph, ask):
    title = 'x"]; click n1 href "javascript:alert(1)" \x1b[31m\u202e'
    ask(graph, "item", "create", title, "--blocks", "1")
    for format_, mark in (("mermaid", '#34;'), ("dot", '\\"')):
        text = graph("graph", "--format", format_).stdout
        assert mark in text and "\x1b" not in text and "\u202e" not in text
    bare = graph("graph", "--format", "json").stdout
    assert json.loads(bare)["kind"] == "task_graph"


def test_a_task_created_with_its_dependencies_is_one_entry_or_none(graph, repo):
    ledger = open_ledger(str(repo.path))
    before = ledger.tip
    with pytest.raises(Conflict):
        ledger.run(CreateItem(title="Between", depends_on=["3"], blocks=["1"]))
    assert ledger.tip == before
    ledger.run(CreateItem(title="Between", depends_on=["1"], blocks=["3"]))
    assert repo.git("rev-list", "--count", f"{before}..{ledger.tip}") == "1"
