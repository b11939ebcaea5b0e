"""`--at`: every reading command answers as the ledger was at an earlier entry or date, and nothing else takes it."""

import pytest

from gitledger.ops._base import LocalOperation, RefOperation, RemoteOperation, looks_back
from gitledger.ops._registry import all_operations
from tests.conftest import Cli, Repo, Result

NOON = "2026-11-{:02d}T12:00:00Z"


class Story:
    """A ledger with an entry on each of three days: `Parser`, then `Lexer` that waits for it, then `Parser` is done."""

    def __init__(self, cli: Cli, repo: Repo) -> None:
        self.cli, self.repo = cli, repo
        self.on(16, "init")
        self.on(17, "item", "create", "Write the parser", "--slug", "parser", "--label", "core")
        self.on(18, "item", "create", "Write the lexer", "--slug", "lexer", "--depends-on", "parser")
        self.on(19, "advance", "parser", "complete")

    def on(self, day: int, *words: str) -> Result:
        """Run a command on a day of November."""
        done = self.cli(*words, env={"GITLEDGER_TEST_NOW": NOON.format(day)})
        assert done.exit_code == 0, done
        return done

    def ids(self, *words: str) -> list[str]:
        """The tasks that a listing answers with on the 20th."""
        return [task["id"] for task in self.on(20, *words, "--json").json["result"]["tasks"]]

    def commit(self, back: int) -> str:
        """The id of the entry before `back` others."""
        return self.repo.git("rev-parse", f"refs/taskledger/main~{back}")


@pytest.fixture
def story(cli: Cli, repo: Repo) -> Story:
    return Story(cli, repo)


def test_listings_of_the_past(story: Story):
    ids = story.ids
    assert ids("task", "list") == ["task-0001", "task-0002"]
    for when in ("2026-11-17", "3d", "72h", "2026-11-17T12:00Z", "2026-11-17T13:00+01:00", story.commit(2), story.commit(2)[:8]):
        assert ids("task", "list", "--at", when) == ids("--at", when, "task", "list") == ["task-0001"], when
    assert (ids("ready"), ids("ready", "--at", "yesterday"), ids("ready", "--at", "2d")) == (["task-0002"], ["task-0002"], ["task-0001"])
    assert ids("blocked", "--at", "2026-11-18") == ["task-0002"]
    assert ids("search", "lexer", "--at", "2026-11-17") == [] and ids("search", "lexer", "--at", "2026-11-18") == ["task-0002"]
    assert ids("task", "list", "--at", story.commit(0)) == ids("task", "list", "--at", "2030-01-01") == ["task-0001", "task-0002"]
    shown = story.on(20, "task", "show", "parser", "--at", "2d", "--json").json["result"]
    assert shown["task"]["status"] == "queue"
    assert len(story.on(20, "log", "--at", "2026-11-17", "--json").json["result"]["entries"]) == 2
    assert story.on(20, "metrics", "--at", "2026-11-18", "--json").json["result"]["done"] == 0
    assert story.on(20, "status", "--at", "2026-11-17", "--json").json["result"]["tip"] == story.commit(2)


def test_the_clock_stands_at_that_moment(story: Story):
    story.on(20, "claim", "lexer", "--ttl", "30m")
    assert story.on(22, "claims", "--json").json["result"]["claims"][0]["expired"] is True
    held = story.on(22, "claims", "--at", story.commit(0), "--json").json["result"]["claims"][0]
    assert held["expired"] is False
    assert story.on(22, "stale", "--at", "2026-11-20", "--json").json["result"]["total"] == 0


def test_looking_back_writes_nothing_and_leaves_the_present_alone(story: Story, repo: Repo):
    before = repo.git("for-each-ref")
    story.ids("task", "list", "--at", "2026-11-17")
    assert repo.git("for-each-ref") == before
    assert story.ids("task", "list") == ["task-0001", "task-0002"]


def test_other_ledgers_as_they_were_at_that_moment(story: Story):
    story.on(19, "ledger", "fork", "feature-a")
    story.on(20, "item", "create", "Only here")
    everywhere = ("task", "list", "--all-ledgers")
    assert story.ids(*everywhere) == ["task-0001", "task-0002", "task-0003"]
    assert story.ids(*everywhere, "--at", "2026-11-19") == ["task-0001", "task-0002"]
    assert story.ids("--ledger", "main", *everywhere, "--at", "2026-11-17") == ["task-0001"]
    assert story.on(21, "task", "show", "main:parser", "--at", "2026-11-18", "--json").json["result"]["task"]["status"] == "queue"


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["--at", "2d", "task", "create", "X"], "VALIDATION", 2),
        (["--at", "2d", "claim", "lexer"], "VALIDATION", 2),
        (["--at", "2d", "ledger", "fork", "x"], "VALIDATION", 2),
        (["--at", "2d", "ledger", "list"], "VALIDATION", 2),
        (["--at", "2d", "sync"], "VALIDATION", 2),
        (["--at", "2d", "where"], "VALIDATION", 2),
        (["--at", "2d", "version"], "VALIDATION", 2),
        (["--at", "2d", "reindex"], "VALIDATION", 2),
        (["--at", "2d", "run", "--", "true"], "VALIDATION", 2),
        (["--at", "2d", "hooks", "status"], "VALIDATION", 2),
        (["task", "list", "--at", "someday"], "VALIDATION", 2),
        (["task", "list", "--at", ""], "VALIDATION", 2),
        (["task", "list", "--at", "2026-13-01"], "VALIDATION", 2),
        (["task", "list", "--at", "99999w"], "NOT_FOUND", 5),
        (["task", "list", "--at", "0001-01-01T00:00+14:00"], "VALIDATION", 2),
        (["task", "list", "--limit", "9" * 30], "VALIDATION", 2),
        (["--at", "1d", "task", "list", "--at", "2d"], "INVALID_INPUT", 2),
        (["task", "list", "--at", "2026-11-15"], "NOT_FOUND", 5),
        (["task", "list", "--at", "fffffff"], "NOT_FOUND", 5),
        (["task", "list", "--at", "f" * 40], "NOT_FOUND", 5),
        (["task", "show", "lexer", "--at", "2026-11-17"], "NOT_FOUND", 5),
    ],
)
def test_what_cannot_be_asked(story: Story, words: list[str], code: str, exit_code: int):
    before = story.commit(0)
    refused = story.cli("--json", *words, env={"GITLEDGER_TEST_NOW": NOON.format(20)})
    assert (refused.json["error"]["code"], refused.exit_code) == (code, exit_code), refused
    assert story.commit(0) == before


def test_a_commit_of_the_source_is_no_entry(story: Story, repo: Repo):
    refused = story.cli("task", "list", "--at", repo.git("rev-parse", "HEAD"), "--json")
    assert (refused.json["error"]["code"], refused.exit_code) == ("NOT_FOUND", 5)
    assert "--at" not in story.cli("task", "create", "--help").stdout


def test_every_command_that_reads_the_ledger_looks_back(cli: Cli):
    for op in all_operations():
        is_aside = issubclass(op, (RefOperation, LocalOperation, RemoteOperation))
        expected = not op.writes and op.needs_ledger and op.needs_index and not is_aside
        assert looks_back(op) is expected, op.command
    assert {"ready", "search", "context", "task show", "log"} <= {op.command for op in all_operations() if looks_back(op)}


def test_over_merged_lines_the_newest_entry_up_to_then_counts(story: Story):
    story.on(19, "ledger", "fork", "feature-a")
    story.on(20, "item", "create", "Feature")
    story.on(20, "ledger", "switch", "main")
    story.on(21, "item", "create", "Main")
    story.on(22, "ledger", "merge", "feature-a")
    # Of the two lines of the 20th, the one that has the newest entry; a merge bears the time of the newest that it merges.
    totals = [story.on(23, "task", "list", "--at", f"2026-11-{day}", "--json").json["result"]["total"] for day in (20, 21, 23)]
    assert totals == [3, 4, 4]
