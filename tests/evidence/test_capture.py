"""`run` and the commands of the stages, with real programs: output, exit codes, secrets, and what is recorded of them."""

from hashlib import sha256

import json
import signal
import subprocess
import sys

import pytest

from tests.conftest import Cli
from tests.evidence.conftest import EXITS, python


def test_output_is_passed_on_and_the_exit_code_too(work):
    done = work.cli("run", *python(EXITS, "3"))
    assert (done.exit_code, done.stdout) == (3, "out\n")
    assert done.stderr.startswith("err\nevidence: evidence-0001 of task-0001: ")
    done = work.cli("run", "--json", *python(EXITS, "3"))
    assert (done.exit_code, done.stderr) in ((3, "out\nerr\n"), (3, "err\nout\n"))
    result = done.json["result"]
    assert done.json["ok"] and done.json["command"] == "run"
    assert (result["exit_code"], result["stdout"], result["stderr"]) == (3, "out\n", "err\n")
    assert [event for event in done.json["events"]] == [result["evidence"]["event"]]
    assert work.cli("run", "--allow-failure", *python(EXITS, "3")).exit_code == 0
    assert work.cli("run", *python("import os; os.kill(os.getpid(), 9)")).exit_code == 137


def test_what_is_recorded(work):
    work.do("run", "--kind", "test", "--summary", "All of it.", "--todo", "1", *python("print('x' * 10000)"))
    [held] = work.evidence()
    assert (held["kind"], held["summary"], held["subject"], held["exit_code"], held["passed"]) == ("test", "All of it.", "todo-0001", 0, True)
    assert held["argv"] == [sys.executable, "-c", "print('x' * 10000)"] and held["captured"]
    assert held["output_digest"] == "sha256:" + sha256(b"x" * 10000 + b"\n").hexdigest()
    assert held["output_tail"] == "x" * 4095 + "\n" and held["duration_ms"] > 0
    assert held["tree"] == held["tree_all"] == work.repo.git("rev-parse", "HEAD^{tree}")


def test_without_dashes_options_after_the_program_are_its_own(work):
    done = work.cli("run", "--kind", "x", sys.executable, "-c", "import sys; print(sys.argv[1:])", "--todo", "--", "-q")
    assert (done.exit_code, done.stdout) == (0, "['--todo', '--', '-q']\n")


def test_arguments_reach_the_program_and_the_ledger_as_they_are(work, tmp_path):
    words = ["a b", "$(touch trap)", "new\nline", "", "--json", "ü"]
    done = work.cli("run", *python("import sys, json; print(json.dumps(sys.argv[1:]))", *words))
    assert json.loads(done.stdout) == words
    assert work.evidence()[0]["argv"][3:] == words
    assert not list(work.repo.path.glob("trap"))


def test_hostile_output(work):
    code = r"import sys; sys.stdout.buffer.write(b'\x1b]0;evil\x07\x1b[31mred\x00\xff\r\n\xe2\x80\xae')"
    done = work.cli("run", *python(code))
    assert "\x1b[31mred" in done.stdout  # it is the user's own program and terminal
    assert work.evidence()[0]["output_tail"] == "red\ufffd\n"
    shown = work.cli("evidence", "show", "1").stdout
    assert "\x1b" not in shown and "\u202e" not in shown


@pytest.mark.parametrize(("argv", "code", "exit_code"), [(["no-such-program"], "NO_PROGRAM", 5), (["./README.md"], "CANNOT_RUN", 2)])
def test_what_cannot_be_run_leaves_no_trace(work, argv, code, exit_code):
    before = work.tip
    error = work.refused("run", "--", *argv, code=code)
    assert error["exit_code"] == exit_code and work.tip == before and work.evidence() == []


def test_what_is_refused_starts_nothing(work):
    trap = python("open('trap', 'w')")
    work.refused("run", "--todo", "9", *trap, code="NOT_FOUND")
    work.refused("run", "--task", "nothing", *trap, code="NOT_FOUND")
    work.refused("validate", "command", "--criterion", "1", *trap, code="WORKFLOW_REJECTION")
    work.refused("implement", "command", *trap, code="LOCK_CONFLICT", env={"GITLEDGER_SESSION": "elsewhere", "GITLEDGER_TASK": "1"})
    work.refused("run", "--timeout", "soon", *trap, code="INVALID_INPUT")
    work.do("ledger", "close", "--reason", "Over.")
    work.refused("run", *trap, code="LEDGER_CLOSED")
    assert not (work.repo.path / "trap").exists()


def test_planning_records_it_in_its_own_way(work):
    work.do("task", "create", "Hinge")
    work.do("plan", "start", "--task", "2")
    ran = work.cli("plan", "command", "--task", "2", "--json", *python(EXITS, "2"))
    assert (ran.exit_code, ran.json["result"]["kind"], ran.json["result"]["stdout"]) == (2, "planning_command", "out\n")
    log = work.do("task", "show", "2")["runs"][-1]["worklog"][-1]
    assert (log["kind"], log["exit_code"]) == ("command", 2) and log["text"].endswith("2 (exit 2)")


def test_implementing_and_validating_record_it_in_their_own_way(work):
    ran = work.do("implement", "command", "--summary", "Try it.", *python(EXITS, "0"))
    assert (ran["kind"], ran["change"]["kind"], ran["change"]["path"], ran["change"]["exit_code"]) == ("implementation_command", "command", ".", 0)
    assert ran["change"]["tree"] == ran["evidence"]["tree"] == work.repo.git("rev-parse", "HEAD^{tree}")
    work.do("todo", "done", "1", "--evidence", "seen")
    work.do("implement", "finish", "--summary", "Done.")
    work.do("validate", "start")
    ran = work.cli("--json", "validate", "command", "--criterion", "1", *python(EXITS, "1"))
    assert (ran.exit_code, ran.json["result"]["check"]["status"]) == (1, "fail")
    work.refused("validate", "finish", "--result", "passed", "--summary", "x", code="VALIDATION_INCOMPLETE")
    assert work.do("validate", "command", "--criterion", "1", *python(EXITS, "0"))["check"]["status"] == "pass"
    assert "evidence-0003: " in work.cli("validate", "status").stdout
    work.do("validate", "finish", "--result", "passed", "--summary", "Fine.")


# ---------------------------------------------------------------------------------------------- where


def test_it_runs_where_the_user_is_and_again_there(work):
    folder = work.repo.path / "a b"
    folder.mkdir()
    (folder / "here").write_text("x")
    words = ["run", *python("print(open('here').read())")]
    assert work.cli(*words, cwd=folder).exit_code == 0
    assert work.evidence()[0]["command"].startswith("cd 'a b' && ")
    work.repo.write("door.py", "changed\n")
    again = work.do("evidence", "verify", "--rerun", "--yes")
    assert [item["state"] for item in again["evidence"]] == ["superseded", "fresh"]
    (folder / "here").unlink()
    folder.rmdir()
    work.repo.write("door.py", "changed again\n")
    before = work.tip
    work.refused("evidence", "verify", "--rerun", "--yes", code="NO_FOLDER")
    assert work.tip == before


def test_a_folder_outside_of_the_work_tree_is_not_gone_into(work):
    outside = work.repo.path / "out"
    outside.symlink_to(work.repo.path.parent)
    work.do("run", *python("pass"))
    # As if evidence of another clone named it: the link leads out of the work tree.
    from gitledger.ledger.child import _folder
    from gitledger.errors import InvalidInput
    from gitledger.ledger import open_ledger
    from gitledger.ops._captured import Wanted

    ledger = open_ledger(str(work.repo.path))
    for folder in ("out", "..", "/"):
        with pytest.raises(InvalidInput) as caught:
            _folder(ledger, Wanted(argv=("x",), folder=folder))
        assert caught.value.code == "NO_FOLDER"


# ---------------------------------------------------------------------------------------------- secrets

SECRET = "hunter2-and-some-more"


def objects(work) -> bytes:
    """Every object of the repository that the ledger leads to."""
    listed = work.repo.git("rev-list", "--objects", "refs/taskledger/main")
    ids = "\n".join(line.split()[0] for line in listed.splitlines())
    return subprocess.run(
        ["git", "cat-file", "--batch"], cwd=work.repo.path, input=ids.encode(), capture_output=True, check=True, timeout=60
    ).stdout


def test_secrets_do_not_reach_the_ledger(work):
    token = "ghp_" + "a1B2" * 9
    code = "import os; print(os.environ['API_TOKEN'], 'and', 'ghp_' + 'a1B2' * 9)"
    words = [*python(code, "--password", SECRET, f"x={SECRET}")]
    done = work.cli("run", "--json", *words, env={"API_TOKEN": SECRET})
    assert done.exit_code == 0
    assert SECRET in done.stderr and token in done.stderr  # the user's own terminal shows what it shows
    assert SECRET not in done.stdout and token not in done.stdout
    held = objects(work)
    assert SECRET.encode() not in held and token.encode() not in held
    [evidence] = work.evidence()
    assert evidence["output_tail"] == "*** and ***\n" and evidence["argv"][3:] == ["--password", "***", "x=***"]
    assert evidence["output_digest"] == "sha256:" + sha256(b"*** and ***\n").hexdigest()
    work.refused("evidence", "verify", "1", "--rerun", "--yes", code="MASKED")


@pytest.mark.parametrize(
    ("policy", "options", "kept"),
    [("tail", [], (True, True)), ("digest", [], (True, False)), ("off", [], (False, False)), ("tail", ["--no-output"], (False, False))],
)
def test_less_is_kept_where_somebody_says_so(work, policy, options, kept):
    work.policy(f"capture: {policy}\n")
    result = work.do("run", *options, *python(EXITS, "0"))
    evidence = result["evidence"]
    assert (evidence["output_digest"] is not None, evidence["output_tail"] is not None) == kept
    assert bool(result["stdout"]) == kept[1]


# ---------------------------------------------------------------------------------------------- when it goes wrong


def test_where_recording_fails_the_programs_end_is_told(work):
    code = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    close = [*Cli.argv("ledger", "close", "--reason", "Over.")]
    done = work.cli("run", "--json", *python(code, *close), env={"PYTHONPATH": Cli.environ()["PYTHONPATH"]})
    error = done.json["error"]
    assert (error["code"], done.exit_code) == ("LEDGER_CLOSED", 3)
    assert error["details"]["ran"][0]["exit_code"] == 0 and "It was not recorded that `" in error["message"]


def test_a_time_limit_is_a_finding(work):
    done = work.cli("run", "--json", "--timeout", "1", *python("import time; time.sleep(30)"))
    assert (done.exit_code, done.json["result"]["exit_code"]) == (124, 124)
    assert "ended after 1 seconds" in done.json["warnings"][0]
    assert not work.evidence()[0]["passed"]


def test_tracked_files_that_change_meanwhile_are_told(work):
    before = work.repo.git("rev-parse", "HEAD^{tree}")
    done = work.cli("run", "--json", *python("open('door.py', 'w').write('changed'); open('new', 'w')"))
    assert "Tracked files changed while it ran" in done.json["warnings"][0]
    assert work.evidence()[0]["tree"] == before
    done = work.cli("run", "--json", *python("open('cache', 'w')"))
    assert done.json["warnings"] == [] and work.do("evidence", "verify", "2")["evidence"][0]["state"] == "fresh"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_gets_nothing_recorded(work, number):
    before = work.tip
    code = "import time; print('ready', flush=True); time.sleep(30)"
    with subprocess.Popen(
        Cli.argv("run", *python(code)),
        cwd=work.repo.path,
        env=Cli.environ(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        _, talk = process.communicate(timeout=30)
    assert process.returncode == 130 and b"nothing was recorded" in talk
    assert work.tip == before


def test_a_reader_that_leaves_does_not_end_the_program(work):
    """As with `| head -1`: the program goes on, and its evidence is recorded."""
    code = "import sys\nfor _ in range(20000): print('x' * 100)\nopen('finished', 'w')"
    with subprocess.Popen(
        Cli.argv("run", *python(code)), cwd=work.repo.path, env=Cli.environ(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        process.stderr.read()
        process.wait(30)
    assert (work.repo.path / "finished").exists()
    assert work.evidence()[0]["exit_code"] == 0


def test_standard_input_is_the_programs(work):
    done = work.cli.process("run", *python("import sys; print(sys.stdin.read())"), input="hello")
    assert (done.exit_code, done.stdout) == (0, "hello\n")


def test_a_request_that_is_repeated_runs_nothing_again(work):
    words = ["--request-id", "r1", "run", *python("open('count', 'a').write('x')")]
    first, second = work.cli("--json", *words), work.cli("--json", *words)
    assert first.exit_code == second.exit_code == 0
    assert (work.repo.path / "count").read_text() == "x"
    assert second.json["result"]["evidence"] == first.json["result"]["evidence"]


def test_from_python(work, capfd):
    from gitledger.ledger import open_ledger
    from gitledger.ops.run import RunCommand

    outcome = open_ledger(str(work.repo.path)).run(RunCommand(argv=[sys.executable, "-c", "print('hi')"]))
    assert (outcome.view.exit_code, outcome.view.stdout) == (0, "hi\n")
    assert capfd.readouterr().out == "hi\n"
