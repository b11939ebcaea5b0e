"""The boundary: envelopes, exit codes, refusals, bugs, and what is imported for what."""

import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from toys import Heard, ToyLedger, Verdict, Written, call

from gitledger.cli.groups import root_command
from gitledger.cli.main import main, run, take_json
from gitledger.errors import Conflict, InvalidInput, NotFound, Refused, ValidationFailed

pytestmark = pytest.mark.usefixtures("toys")
PACKAGE = Path(__file__).parents[2]


def parses(hint: str) -> bool:
    """Whether the command line understands `hint` as far as its options go."""
    words = shlex.split(hint)
    assert words[0] == "gitledger"
    command: click.Command = root_command()
    context = click.Context(command, info_name="gitledger")
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is None:
            return False
        command, context, rest = found, click.Context(found, info_name=rest[0], parent=context), rest[1:]
    context.obj = None
    known = {name for param in command.get_params(context) for name in [*param.opts, *param.secondary_opts]}
    return all(word in known for word in rest if word.startswith("-"))


# ---------------------------------------------------------------------------------------------- envelopes


def test_the_success_envelope():
    ledger = ToyLedger(Heard("task-0001", "ü", {"a": 1}), events=["e1"], warnings=["careful"], task_id="task-0001")
    result = call("--json", "toy", "everything", "T", ledger=ledger)
    assert result.code == 0
    assert result.err == ""
    assert list(result.json.items()) == [
        ("ok", True),
        ("command", "toy.everything"),
        ("task_id", "task-0001"),
        ("result", {"task_id": "task-0001", "title": "ü", "values": {"a": 1}, "kind": "heard"}),
        ("events", ["e1"]),
        ("warnings", ["careful"]),
    ]
    assert "ü" in result.out
    assert result.out.startswith('{\n  "ok": true')


def test_no_task_id_where_there_is_none():
    assert "task_id" not in call("--json", "toy", "look", ledger=ToyLedger("text")).json


@pytest.mark.parametrize("at", range(5))
def test_json_counts_anywhere(at):
    argv = ["toy", "everything", "T", "--loud"]
    argv.insert(at, "--json")
    ledger = ToyLedger("text")
    assert call(*argv, ledger=ledger).json["ok"] is True
    assert ledger.op.loud is True


def test_json_after_two_dashes_belongs_to_the_child():
    assert take_json(["a", "--", "--json"]) == (["a", "--", "--json"], False)
    assert take_json(["a", "--json", "--", "--json"]) == (["a", "--", "--json"], True)
    assert take_json(["--json", "a", "--json"]) == (["a"], True)


def test_the_failure_envelope():
    refusal = Refused("No.", code="APPROVAL_REQUIRED", hint=("gitledger", "plan", "show", "a b"), task_id="task-0001")
    result = call("toy", "look", "--json", ledger=ToyLedger(refusal))
    assert result.code == 3
    assert result.json == {"ok": False, "command": "toy.look", "error": refusal.to_dict()}
    assert result.error["hint"] == "gitledger plan show 'a b'"


@pytest.mark.parametrize(
    ("argv", "command", "code"),
    [
        ([], "gitledger", "INVALID_INPUT"),
        (["--nonsense"], "gitledger", "INVALID_INPUT"),
        (["toi"], "gitledger", "UNKNOWN_COMMAND"),
        (["toy"], "toy", "INVALID_INPUT"),
        (["toy", "nonsense"], "toy", "UNKNOWN_COMMAND"),
        (["toy", "look", "--nonsense"], "toy.look", "INVALID_INPUT"),
        (["toy", "everything"], "toy.everything", "INVALID_INPUT"),
        (["-C", "/nowhere", "toy", "look"], "toy", "INVALID_INPUT"),
        (["toy", "everything", "\udcff"], "gitledger", "INVALID_INPUT"),
    ],
)
def test_usage_errors_are_json_and_exit_2(argv, command, code):
    result = call(*argv, "--json")
    assert (result.code, result.json["command"], result.error["code"]) == (2, command, code)
    assert result.error["exit_code"] == 2
    assert parses(result.error["hint"])


def test_usage_errors_for_people():
    result = call("toy", "look", "--nonsense")
    assert result.code == 2
    assert result.out == ""
    assert result.err == "error: No such option: --nonsense.\nhint: gitledger toy look --help\n"


def test_a_missing_command_shows_the_help():
    result = call("toy")
    assert result.code == 2
    assert result.out == ""
    assert "Usage: gitledger toy" in result.err


def test_root_options_after_the_command_are_explained():
    assert "--ledger goes before the command" in call("toy", "look", "--ledger", "x").err


def test_unknown_commands_suggest():
    assert "'gitledger toy'" in call("tos").err
    assert "'gitledger toy everything'" in call("toy", "everythin").err
    assert "'gitledger task create'" in call("create").err
    assert "Did you mean" not in call("xyzzy").err


def test_hints_of_suggestions_parse():
    for argv in (["tos"], ["toy", "loook"], ["create"], ["xyzzy"], ["toy", "xyzzy"]):
        assert parses(call("--json", *argv).error["hint"])


# ---------------------------------------------------------------------------------------------- for people


def test_a_refusal_for_people():
    refusal = Conflict(
        "'30' names 2 tasks.",
        hint=("gitledger", "task", "show", "a b"),
        remediation=("Use more of the uid.",),
        details={"candidates": [{"uid": "3f9c2ab1d0e4", "id": "task-0030", "slug": "x", "title": "One\ntwo"}]},
    )
    result = call("toy", "look", ledger=ToyLedger(refusal))
    assert result.code == 4
    assert result.out == ""
    assert result.err.splitlines() == [
        "error: '30' names 2 tasks.",
        "  3f9c2ab1  task-0030  x  One two",
        "  Use more of the uid.",
        "hint: gitledger task show 'a b'",
    ]


def test_blockers_are_listed_with_their_commands():
    blocker = {"kind": "todo_open", "message": "Todo todo-0001 is not done.", "command_hint": "gitledger todo done 1"}
    err = call("toy", "look", ledger=ToyLedger(ValidationFailed("No.", details={"blockers": [blocker]}))).err
    assert err.splitlines() == ["error: No.", "  - Todo todo-0001 is not done.", "    gitledger todo done 1"]


def test_what_was_said_is_not_said_again():
    blocker = {"message": "No.", "command_hint": "gitledger todo list"}
    other = {"message": "Nor.", "command_hint": "gitledger todo list"}
    refusal = ValidationFailed("No.", hint=("gitledger", "todo", "list"), details={"blockers": [blocker, other]})
    err = call("toy", "look", ledger=ToyLedger(refusal)).err
    assert err.splitlines() == ["error: No.", "  - Nor.", "hint: gitledger todo list"]


def test_warnings_are_talk():
    result = call("toy", "look", ledger=ToyLedger("text", warnings=["careful"]))
    assert (result.out, result.err) == ("text\n", "warning: careful\n")


def test_hostile_text_is_harmless():
    hostile = "a\x1b[31mb\x07\u202ec\x9bd\r"
    assert call("toy", "look", ledger=ToyLedger(hostile)).out == "a\\x1b[31mb\\x07\\u202ec\\x9bd\\x0d\n"
    assert "\x1b" not in call("toy", "look", ledger=ToyLedger(NotFound(hostile)), environ={}).err
    out = call("toy", "look", "--json", ledger=ToyLedger(hostile)).out
    assert json.loads(out)["result"] == hostile
    assert not set(out) & {"\x1b", "\x07", "\u202e", "\x9b", "\r"}


# ---------------------------------------------------------------------------------------------- exit codes


def test_a_report_that_says_no():
    result = call("toy", "look", "--json", ledger=ToyLedger(Verdict()))
    assert result.code == 7
    assert result.json["ok"] is True
    assert call("toy", "look", ledger=ToyLedger(Verdict())).code == 7


def test_an_interruption():
    assert call("toy", "look", ledger=ToyLedger(KeyboardInterrupt())).code == 130
    result = call("toy", "look", "--json", ledger=ToyLedger(KeyboardInterrupt()))
    assert (result.code, result.error["code"]) == (130, "INTERRUPTED")


def test_a_bug_is_a_report():
    result = call("toy", "look", "a b", ledger=ToyLedger(ZeroDivisionError("bang\x1b")))
    assert result.code == 1
    assert result.out == ""
    assert "- command: `gitledger toy look 'a b'`" in result.err
    for piece in ("- Python: ", "### Traceback", "ZeroDivisionError: bang\\x1b"):
        assert piece in result.err
    assert not result.err.startswith("Traceback")
    result = call("toy", "look", "--json", ledger=ToyLedger(ZeroDivisionError("bang")))
    assert (result.code, result.error["code"], result.error["exit_code"]) == (1, "INTERNAL", 1)
    assert "ZeroDivisionError" in result.error["details"]["report"]


def test_a_bug_after_the_entry_says_that_it_is_recorded():
    class Odd:
        pass

    for argv in (["toy", "look", "--json"], ["toy", "look"]):
        result = call(*argv, ledger=ToyLedger(Odd(), events=["e1"]))
        assert result.code == 1
        assert "only the answer failed" in result.out + result.err
    assert call("toy", "look", "--json", ledger=ToyLedger(Odd(), events=["e1"])).error["details"]["events"] == ["e1"]


# ---------------------------------------------------------------------------------------------- root options


def test_where_and_which_ledger(tmp_path):
    ledger = ToyLedger("x")
    call("toy", "look", ledger=ledger)
    assert ledger.opened == (".", None)
    call("--root", str(tmp_path), "--ledger", "f/x", "toy", "look", ledger=ledger, environ={"A": "b"})
    assert ledger.environ == {"A": "b"}
    assert ledger.opened == (str(tmp_path), "f/x")
    call("--cwd", str(tmp_path), "toy", "look", ledger=ledger)
    assert ledger.opened == (str(tmp_path), None)
    (tmp_path / "a" / "b").mkdir(parents=True)
    call("-C", str(tmp_path), "-C", "a", "--root", "b", "toy", "look", ledger=ledger)
    assert os.path.samefile(ledger.opened[0], tmp_path / "a" / "b")


def test_root_and_cwd_must_agree(tmp_path):
    same = [f"--root={tmp_path}", f"--cwd={tmp_path}/."]
    assert call(*same, "toy", "look").code == 0
    assert "different places" in call(f"--root={tmp_path}", "--cwd=.", "toy", "look").err
    assert "must not be empty" in call("--ledger=", "toy", "look").err


def test_git_calls_it_by_its_name():
    assert "Usage: git ledger toy look" in call("toy", "look", "--help", program="git ledger").out


def test_the_scripts_know_their_names(monkeypatch, capsys):
    for script, name in (("/usr/bin/git-ledger", "git ledger"), ("/usr/bin/gitledger", "gitledger")):
        monkeypatch.setattr(sys, "argv", [script, "toy", "look", "--help"])
        assert main() == 0
        assert capsys.readouterr().out.startswith(f"Usage: {name} toy look ")


def test_version():
    assert call("--version").out.startswith("gitledger ")
    assert call("--version", "--json").json["result"]["kind"] == "version"


def test_help_in_json():
    answer = call("toy", "look", "--help", "--json").json
    assert (answer["ok"], answer["command"], answer["result"]["kind"]) == (True, "toy.look", "help")
    assert "Look at a task." in answer["result"]["text"]


# ---------------------------------------------------------------------------------------------- files


def template(op):
    return Written("new\n", op.output)


def test_a_written_file(tmp_path):
    result = call("-C", str(tmp_path), "toy", "template", "--file", "plan.md", ledger=ToyLedger(template))
    assert result.code == 0
    assert (tmp_path / "plan.md").read_text() == "new\n"


def test_a_file_on_standard_output():
    assert call("toy", "template", "--file", "-", ledger=ToyLedger(template)).out == "new\n"


def test_a_different_file_stays(tmp_path):
    path = tmp_path / "plan.md"
    path.write_text("old\n")
    result = call("toy", "template", "--file", str(path), "--json", ledger=ToyLedger(template))
    assert (result.code, result.error["code"]) == (2, "FILE_EXISTS")
    assert path.read_text() == "old\n"
    assert call("toy", "template", "--file", str(path), "--overwrite", ledger=ToyLedger(template)).code == 0
    assert path.read_text() == "new\n"
    assert call("toy", "template", "--file", str(path), ledger=ToyLedger(template)).code == 0


def test_a_dangling_link_and_a_directory_stay(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert call("toy", "template", "--file", str(link), ledger=ToyLedger(template)).code == 2
    assert not (tmp_path / "elsewhere").exists()
    assert call("toy", "template", "--file", str(tmp_path), ledger=ToyLedger(template)).code == 2
    assert call("toy", "template", "--file", str(tmp_path / "no" / "x"), ledger=ToyLedger(template)).code == 2


def test_nothing_is_recorded_when_the_file_is_in_the_way(tmp_path):
    path = tmp_path / "plan.md"
    path.write_text("old\n")
    ledger = ToyLedger(template)
    result = call("toy", "recorded", "--file", str(path), "--json", ledger=ledger)
    assert (result.error["code"], ledger.seen) == ("FILE_EXISTS", [])


# ---------------------------------------------------------------------------------------------- processes


def python(code: str, *argv: str, **more) -> subprocess.CompletedProcess:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, env=environ, **more)


IMPORTED = """
import sys
from gitledger.cli.main import main
code = main(sys.argv[1:])
print("imported", *sorted(sys.modules))
sys.exit(code)
"""
HEAVY = ("pygit2", "sqlite3", "yaml", "gitledger.model.events", "gitledger.model.fold", "gitledger.ops.task", "inspect")


@pytest.mark.parametrize("argv", [["--help"], ["--version"], []])
def test_help_imports_no_noun(argv):
    done = python(IMPORTED, *argv)
    imported = set(done.stdout.rpartition("imported ")[2].split())
    assert "click" in imported
    assert imported.isdisjoint(set(HEAVY) - {"inspect"})


def test_a_noun_imports_no_other():
    imported = set(python(IMPORTED, "task", "create", "--help").stdout.rpartition("imported ")[2].split())
    assert "gitledger.ops.task" in imported
    assert imported.isdisjoint({"pygit2", "sqlite3", "yaml", "gitledger.ops.plan", "gitledger.ops.todo"})


def test_the_program_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "gitledger", "--version"], capture_output=True, text=True, cwd=PACKAGE, check=False
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "gitledger")


PIPED = """
import os, sys
from gitledger.cli.main import main
read, write = os.pipe()
os.dup2(write, 1); os.close(write); os.close(read)
code = main(["--help"])
sys.stderr.write(f"[{code}]")
sys.exit(code)
"""


def test_a_reader_that_went_away_is_no_news():
    done = python(PIPED)
    assert (done.returncode, done.stderr) == (141, "[141]")


def test_a_full_disk_is_said():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "gitledger", "--help"], stdout=full, stderr=subprocess.PIPE, text=True, cwd=PACKAGE
        )
    assert done.returncode == 1
    assert done.stderr == (
        "error: The answer could not be written: No space left on device. What was recorded stays recorded.\n"
    )


def test_arguments_that_are_not_utf8():
    done = subprocess.run(
        [sys.executable, "-m", "gitledger", b"task", b"create", b"\xff", b"--json"], capture_output=True, cwd=PACKAGE
    )
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["message"] == "Argument 3 is not valid UTF-8."


def test_json_is_utf8_whatever_the_terminal():
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    run(["toy", "look", "--json"], stdout=out, stderr=io.StringIO(), environ={}, open_ledger=ToyLedger("ü…").open)
    out.flush()
    assert json.loads(out.buffer.getvalue().decode("utf-8"))["result"] == "ü…"


def test_the_last_refusal_is_not_swallowed():
    assert call("toy", "look", ledger=ToyLedger(NotFound("Gone."))).err == "error: Gone.\n"


def test_bad_input_without_a_hint_is_helped_by_the_help_of_the_command():
    said = call("toy", "look", ledger=ToyLedger(InvalidInput("Bad."))).err
    assert said == "error: Bad.\nhint: gitledger toy look --help\n"
