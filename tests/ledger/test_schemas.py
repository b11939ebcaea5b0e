"""Types from files: the policy's in the work tree, the orchestrator's where that program looks for it, and what is wrong with either."""

import pytest

from tests.conftest import Cli, Repo

SCHEMAS = """\
work_item_schemas:
  bug:
    notes:
      - {key: cause, role: queue, required: true, description: What goes wrong.}
"""
POLICY = """\
version: 1
types:
  chore: {workflow: light, lifecycle: auto}
"""


@pytest.fixture
def item(begun: Cli) -> Cli:
    """A light task of the type `bug`, task-0003."""
    assert begun("item", "create", "Mend it", "--type", "bug").exit_code == 0
    return begun


def names(cli: Cli, **more) -> list[str]:
    answer = cli("--json", "types", "list", **more)
    assert answer.exit_code == 0, answer
    return [known["name"] for known in answer.json["result"]["types"]]


def test_a_gate_and_its_note_from_the_command_line(repo: Repo, item: Cli):
    repo.write(".taskorchestrator/config.yml", SCHEMAS)
    refused = item("advance", "3", "start")
    assert refused.exit_code == 3
    assert "What goes wrong." in refused.stderr
    assert "hint: gitledger note set cause --body TEXT --task task-0003" in refused.stderr
    assert "Missing before work: cause: What goes wrong." in item("types", "check", "3").stdout
    assert item("note", "set", "cause", "--task", "3", "--file", "-", input="Off by one.\n").exit_code == 0
    assert item("note", "get", "cause", "--task", "3").stdout == "Off by one.\n"
    assert item("advance", "3", "start").exit_code == 0
    repo.write("src/text.md", "More.\n")
    assert item("note", "set", "cause", "--task", "3", "--file", "src/text.md").exit_code == 0
    listed = item("note", "list", "3", "--metadata-only").stdout
    assert "cause" in listed and "More." not in listed


def test_where_the_orchestrators_file_is_looked_for(repo: Repo, item: Cli, tmp_path):
    assert names(item) == []
    repo.write(".taskorchestrator/config.yml", SCHEMAS.replace("bug", "yml"))
    assert names(item) == ["yml"]
    repo.write(".taskorchestrator/config.yaml", SCHEMAS.replace("bug", "yaml"))
    assert names(item) == ["yaml"]
    (tmp_path / "own.yaml").write_text(SCHEMAS)
    assert names(item, env={"TASK_ORCHESTRATOR_CONFIG": str(tmp_path / "own.yaml")}) == ["bug"]
    assert names(item, env={"TASK_ORCHESTRATOR_CONFIG": str(tmp_path / "nothing.yaml")}) == []
    repo.write(".gitledger.yaml", POLICY)
    assert names(item) == ["chore", "yaml"]


def test_a_bare_repository_has_what_its_head_has(repo: Repo, item: Cli, tmp_path):
    repo.write(".taskorchestrator/config.yaml", SCHEMAS)
    repo.git("add", ".taskorchestrator")
    repo.git("commit", "--quiet", "-m", "Schemas")
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(tmp_path / "bare.git"))
    bare = Cli(tmp_path / "bare.git")
    assert bare("init").exit_code == 0
    assert names(bare) == ["bug"]


def test_a_link_is_not_followed(repo: Repo, item: Cli, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/config.yaml").write_text(SCHEMAS)
    (repo.path / ".taskorchestrator").symlink_to(tmp_path / "outside")
    assert item("types", "list").exit_code == 2


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".taskorchestrator/config.yaml", "work_item_schemas: {bug: {notes: [{key: cause}]}}"),
        (".gitledger.yaml", "types: {bug: {gates: [no such gate]}}"),
        (".gitledger.yaml", "types: {bug: {gates: [no running job]}}"),
    ],
)
def test_a_file_that_is_wrong_is_refused_where_it_would_matter(repo: Repo, item: Cli, name, text):
    repo.write(name, text)
    refused = item("--json", "advance", "3", "start")
    assert refused.exit_code == 2 and name in refused.json["error"]["message"]
    assert item("advance", "2", "cancel").exit_code == 0  # a task without type and labels has none
