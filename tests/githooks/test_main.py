"""The boundary of the hooks: unknown ones, bugs, time limits, and nothing that a terminal would take for a command."""

import sys
import types

import pytest

from gitledger.errors import StorageError
from gitledger.githooks import main as face
from gitledger.githooks.telling import plain
from tests.githooks.conftest import said


@pytest.fixture
def hook(monkeypatch):
    """Let the hook `post-commit` do something else: `hook(function, seconds)`."""

    def become(run, seconds=5.0):
        module = types.ModuleType("gitledger.githooks.toy")
        module.run = run
        monkeypatch.setitem(sys.modules, "gitledger.githooks.toy", module)
        monkeypatch.setitem(face.HOOKS, "post-commit", ("toy", seconds, "Nothing was recorded"))

    return become


@pytest.mark.parametrize("argv", [[], ["update"], ["reference-transaction", "committed"], ["../evil"]])
def test_what_is_no_hook_of_ours_is_none_of_our_business(argv, capfd):
    assert face.main(argv) == 0
    assert capfd.readouterr() == ("", "")


def test_a_bug_is_one_line(hook, capfd):
    def run(call):
        raise KeyError("a\nb\x1b[2J")

    hook(run)
    assert face.main(["post-commit"]) == 0
    out, err = capfd.readouterr()
    assert out == ""
    assert err.startswith("gitledger: Nothing was recorded: KeyError: ") and err.count("\n") == 1
    assert "\x1b" not in err and "Traceback" not in err


def test_an_error_is_one_line_with_its_help(hook, capfd):
    def run(call):
        raise StorageError("It is\nbroken.", hint=("gitledger", "verify"))

    hook(run)
    assert face.main(["post-commit"]) == 0
    assert capfd.readouterr().err == "gitledger: Nothing was recorded: It is broken. Help: gitledger verify\n"


def test_a_hook_that_takes_too_long_is_ended(hook, capfd):
    def run(call):
        while True:
            try:
                sum(range(1000))
            except Exception:
                continue

    hook(run, 0.05)
    assert face.main(["post-commit"]) == 0
    assert capfd.readouterr().err == "gitledger: Nothing was recorded: it took longer than 0.05 seconds.\n"


def test_an_interruption_is_no_success(hook, capfd):
    def run(call):
        raise KeyboardInterrupt

    hook(run)
    assert face.main(["post-commit"]) == 130


def test_what_a_hook_answers_is_passed_on(hook):
    hook(lambda call: 3)
    assert face.main(["post-commit"]) == 3


def test_nobody_listens(hook, monkeypatch):
    hook(lambda call: call.say("hello") or 0)
    monkeypatch.setattr(sys, "stderr", None)
    assert face.main(["post-commit"]) == 0


@pytest.mark.parametrize(
    ("text", "line"), [("a\n b\t", "a b"), ("\x1b[31mred", "\\x1b[31mred"), ("a\u202eb", "a\\x202eb"), ("Grüße", "Grüße")]
)
def test_what_is_said_is_one_plain_line(text, line):
    assert plain(text) == line


def test_a_library_that_is_missing_is_one_line(monkeypatch, capfd):
    monkeypatch.delitem(sys.modules, "gitledger.githooks.call", raising=False)
    monkeypatch.setitem(sys.modules, "gitledger.ledger", None)
    assert face.main(["post-commit"]) == 0
    assert capfd.readouterr().err.startswith("gitledger: The commit was not recorded: ModuleNotFoundError: ")


def test_what_lies_in_the_work_tree_is_not_imported(project):
    number = project.work()
    for name in ("gitledger", "msgspec", "pygit2", "signal", "gc", "sqlite3"):
        project.write(f"{name}.py", "raise SystemExit('imported from the work tree')\n")
    assert said(project.change("src/a.py")) == []
    assert project.links(number) == [project.head()]


def test_a_limit_of_the_host_still_holds(hook):
    import signal

    hook(lambda call: 0)
    before = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 1000)
    try:
        face.main(["post-commit"])
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 1000
        assert signal.getsignal(signal.SIGALRM) is before
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
