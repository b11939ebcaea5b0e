"""What every refusal owes its reader: a code, an exit code, a sentence, and a hint that can be run as it stands."""

from typing import Any

import contextlib
import re
import shlex

from tests.conftest import Repo, Result
from tests.hints import wrongs

# C0 but newline and tab, DEL, C1, bidirectional embeddings, overrides and isolates.
HOSTILE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def assert_runnable(hint: str) -> list[str]:
    """The hint is one command line, quoted for a shell, of a command and options that exist. Returns its words."""
    words = shlex.split(hint)
    assert shlex.join(words) == hint, f"not quoted as a shell would read it: {hint}"
    assert not HOSTILE.search(hint), f"control characters in {hint!r}"
    assert list(wrongs(words)) == []
    return words


def refs(repo: Repo) -> str | None:
    """All refs with their values; None where git itself cannot tell."""
    with contextlib.suppress(AssertionError):
        return repo.git("for-each-ref")
    return None


def assert_refused(result: Result, code: str, exit_code: int, command: str | None = None) -> Any:
    """A refusal as programs see it (`--json`); returns its error object."""
    assert "Traceback" not in result.stdout + result.stderr, result
    answer = result.json
    assert answer["ok"] is False, result
    error = answer["error"]
    assert (error["code"], error["exit_code"], result.exit_code) == (code, exit_code, exit_code), result
    assert result.stderr == "", result
    assert error["message"].strip() and error["message"][-1] in ".?!", error["message"]
    assert len(error["message"]) < 2000, error["message"]
    assert error["hint"], f"{code} has no hint: {error['message']}"
    assert_runnable(error["hint"])
    assert not HOSTILE.search(result.stdout)
    if command is not None:
        assert answer["command"] == command
    return error


def assert_said(result: Result, exit_code: int) -> str:
    """The same refusal as people see it; returns what was said."""
    assert result.exit_code == exit_code, result
    assert result.stdout == "", result
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("error: "), result
    assert "hint: " in result.stderr, result
    assert not HOSTILE.search(result.stderr), repr(result.stderr)
    return result.stderr
