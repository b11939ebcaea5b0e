"""From code to task with the real program: commits, lines, subfolders, bare repositories, other ledgers, forged words."""

import json

from gitledger.ops.ledger import InitLedger
from tests.commits.conftest import Work
from tests.conftest import Cli, Repo

PLAN = """---
goal: Ship the parser.
acceptance_criteria:
  - id: ac-0001
    text: It parses.
  - id: ac-0002
    text: It is fast.
todos:
  - id: plan-todo-0001
    text: Write src/parser.py so that it parses.
    validation_hint: pytest -q
files: [src/parser.py]
test_commands: [pytest -q]
expected_outputs: [all tests pass]
---

# Plan

Write the parser, then test it.
"""


def in_work(work) -> tuple[Cli, str]:
    """A task that is being implemented, and active."""
    cli = Cli(work.path)
    uid = work.task("Parser")
    steps = (
        ["task", "activate", "1"],
        ["plan", "start"],
        ["plan", "propose", "--file", "-"],
        ["plan", "accept", "--version", "1", "--note", "Ready."],
        ["implement", "start"],
    )
    for words in steps:
        result = cli(*words, input=PLAN, env={"GITLEDGER_ACTOR_TYPE": "user", "GITLEDGER_ACTOR_NAME": "ada"})
        assert result.exit_code == 0, result
    return cli, uid


def test_from_a_line_to_the_approval_in_one_screen(work):
    cli, uid = in_work(work)
    ada = {"GITLEDGER_ACTOR_TYPE": "user", "GITLEDGER_ACTOR_NAME": "ada"}
    work.repo.write("src/parser.py", "def parse(text):\n    return text\n")
    commit = work.repo.commit("Write the parser")
    assert cli("commits", "record", env=ada).exit_code == 0
    for words in (
        ["todo", "done", "todo-0001", "--evidence", "pytest -q"],
        ["implement", "finish", "--summary", "Done."],
        ["validate", "start"],
        ["validate", "check", "--criterion", "ac-0001", "--status", "pass", "--evidence", "pytest -q: 12 passed"],
        ["validate", "waive", "--criterion", "ac-0002", "--reason", "Fast enough."],
    ):
        assert cli(*words, env=ada).exit_code == 0
    screen = cli("whence", "src/parser.py:2").stdout
    for words in (
        "src/parser.py:2  return text",
        commit[:10],
        "Write the parser",
        "task-0001",
        "Parser",
        "recorded by event, note",
        "run-0002, change-0001, by ada (user)",
        "v1 accepted: Ship the parser.",
        "by ada (user) via accept",
        "Ready.",
        "ac-0001  pass",
        "pytest -q: 12 passed",
        "ac-0002  waived",
        "Fast enough.",
    ):
        assert words in screen, screen
    assert len(screen.splitlines()) < 24
    [task] = cli("whence", commit[:8], "--json").json["result"]["tasks"]
    assert (task["uid"], task["known"], task["plan"]["approval"]["by"]["actor_name"]) == (uid, "recorded", "ada")
    assert [item["status"] for item in task["criteria"]] == ["pass", "waived"]
    change = cli("task", "show", "--json").json["result"]["changes"][0]
    assert (change["git_commit"], change["path"], change["kind"]) == (commit, "src/parser.py", "add")
    assert change["git_diff_stat"] == "1 file changed, 2 insertions(+)"


def test_blame_of_what_is_committed_and_what_is_not(work):
    uid = work.task("One")
    work.commit("a.py", "1\n2\n", "Add a", uid)
    claimed = work.commit("a.py", "1\n2\n3\n", "Add 3", uid, record=False)
    untied = work.commit("a.py", "0\n1\n2\n3\n", "Add 0", record=False)
    work.repo.write("a.py", "0\n1\n2\n3\n4\n")
    cli = Cli(work.path)
    groups = cli("blame", "a.py", "--json").json["result"]["groups"]
    said = [(g["first"], g["last"], g["commit"], [t["known"] for t in g["tasks"]]) for g in groups]
    first = work.links(uid)[0]
    assert said == [(1, 1, untied, []), (2, 3, first, ["recorded"]), (4, 4, claimed, ["claimed"]), (5, 5, None, [])]
    screen = cli("blame", "a.py").stdout
    assert "not committed yet" in screen and f'gitledger commits link {untied[:10]} --task "..."' in screen
    assert [g["first"] for g in cli("blame", "a.py", "-L", "2,+1", "--json").json["result"]["groups"]] == [2]
    assert [g["last"] for g in cli("blame", "a.py", "-L", "4", "--json").json["result"]["groups"]] == [4, 5]
    assert len(cli("blame", "a.py", "--at", first, "--json").json["result"]["groups"]) == 1
    assert "not committed yet" in cli("whence", "a.py:5").stdout


def test_files_are_named_from_where_one_is(work):
    uid = work.task("One")
    work.commit("src/deep/a b.py", "1\n", "Add a", uid)
    cli = Cli(work.path)
    deep = work.path / "src" / "deep"
    assert cli("whence", "a b.py:1", "--json", cwd=deep).json["result"]["tasks"][0]["uid"] == uid
    assert cli("whence", "../deep/a b.py:1", "--json", cwd=deep).json["ok"]
    for words, code in (
        (["blame", "a b.py"], "NO_LINES"),
        (["blame", "nothing.py"], "NO_LINES"),
        (["blame", "../../etc/passwd"], "INVALID_INPUT"),
        (["whence", "src/deep/a b.py:7"], "NO_LINES"),
        (["whence", "nothing"], "NO_COMMIT"),
        (["whence", "--", "--all"], "INVALID_INPUT"),
        (["blame", "--at=--all", "src/deep/a b.py"], "INVALID_INPUT"),
        (["commits", "scan", "--", "--output=x"], "INVALID_INPUT"),
        (["commits", "scan", "nothing..main"], "NO_COMMIT"),
        (["commits", "link", "HEAD:src", "--task", "1"], "NO_COMMIT"),
    ):
        error = cli(*words, "--json").json["error"] if "--" not in words else cli("--json", *words).json["error"]
        assert error["code"] == code, (words, error)


def test_a_bare_repository_answers_from_head(work, tmp_path):
    uid = work.task("One")
    commit = work.commit("a.py", "1\n", "Add a", uid)
    work.git("clone", "--quiet", "--mirror", ".", str(tmp_path / "mirror.git"))
    cli = Cli(tmp_path / "mirror.git")
    assert cli("whence", "a.py:1", "--json").json["result"]["tasks"][0]["uid"] == uid
    assert cli("commits", "list", "1", "--json").json["result"]["commits"][0]["known_from"] == [
        "event",
        "note",
        "trailer",
    ]
    assert cli("blame", "a.py", "--json").json["result"]["groups"][0]["commit"] == commit


def test_a_note_leads_to_the_ledger_that_it_names(work):
    cli = Cli(work.path)
    work.repo.commit("Empty")
    assert cli("ledger", "fork", "feature").exit_code == 0
    work.git("checkout", "--quiet", "-b", "feature")
    uid = cli("task", "create", "Only there", "--json").json["result"]["uid"]
    commit = work.repo.commit("Work there")
    assert cli("commits", "link", "HEAD", "--task", "1").exit_code == 0
    work.git("checkout", "--quiet", "main")
    # Switched back: main's ledger does not know the task.
    [task] = cli("--ledger", "main", "whence", commit, "--json").json["result"]["tasks"]
    assert (task["uid"], task["ledger"], task["known"]) == (uid, "feature", "recorded")
    assert task["known_from"] == ["event", "note"] and "--ledger feature" in task["command"]
    work.git("update-ref", "-d", "refs/notes/taskledger")
    [task] = cli("--ledger", "main", "whence", commit, "--json").json["result"]["tasks"]
    assert (task["ledger"], task["known_from"]) == ("feature", ["event"])


def test_a_worktree_sees_the_same(work, tmp_path):
    uid = work.task("One")
    commit = work.commit("a.py", "1\n", "Add a", uid)
    work.git("worktree", "add", "--quiet", str(tmp_path / "tree"))
    tree = Work(Repo(tmp_path / "tree"))
    assert tree.tasks_of() == {uid: "recorded"}
    (tmp_path / "tree" / "a.py").write_text("1\n2\n")
    groups = json.loads(Cli(tmp_path / "tree")("blame", "a.py", "--json").stdout)["result"]["groups"]
    assert [group["commit"] for group in groups] == [commit, None]


def test_words_of_others_obey_nobody(work):
    uid = work.task("\x1b[31mred\x1b[0m")
    work.repo.write("a.py", "\x1b[2J\n")
    commit = work.repo.commit("Sub\x1b[31mject\n\nTask-Id: " + uid)
    work.link(commit, task=uid)
    cli = Cli(work.path)
    for words in (["whence", "a.py:1"], ["blame", "a.py"], ["commits", "list", "1"], ["task", "show", "1"]):
        result = cli(*words)
        assert result.exit_code == 0 and "\x1b" not in result.stdout, result


def test_a_repository_without_commits(make_repo):
    work = Work(make_repo("unborn", commit=False))
    work.run(InitLedger())
    uid = work.task("One")
    cli = Cli(work.path)
    assert cli("commits", "list", "1").stdout == "task-0001 has no commits\n"
    assert cli("commits", "reconcile").exit_code == 0 and cli("commits", "notes").exit_code == 0
    for words in (["commits", "record", "--task", "1"], ["whence", "HEAD"], ["commits", "scan", "HEAD"]):
        assert cli(*words, "--json").json["error"]["code"] == "NO_COMMIT", words
    assert work.links(uid) == []


def test_reading_starts_without_libgit2(work):
    """What `task show` says of commits it says from the record."""
    uid = work.task("One")
    work.commit("a.py", "1\n", "Add a", uid)
    script = (
        "import sys\nfrom gitledger import open_ledger\nfrom gitledger.ops.task import ShowTask\nimport os\n"
        "view = open_ledger('.', environ=os.environ).run(ShowTask(task='1')).view\n"
        "assert view.commits[0].subject == 'Add a'\nassert 'pygit2' not in sys.modules\n"
    )
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=work.path, env=Cli.environ(), capture_output=True, timeout=60
    )
    assert done.returncode == 0, done.stderr.decode()
