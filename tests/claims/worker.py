"""One of many agents that claim tasks at once: takes jobs as JSON lines on stdin, answers each with a JSON line on stdout.

Started by file name, so that it needs nothing but an importable gitledger.
"""

import json
import os
import signal
import sys
import time
from typing import Any

import msgspec

from gitledger.cli.main import run as run_program
from gitledger.errors import LedgerError
from gitledger.ledger import open_ledger
from gitledger.ops.claim import ClaimTask

LIFETIME_S = 110


def claim(job: dict[str, Any]) -> dict[str, Any]:
    """Claim a task in this process; at the moment `at`, as everybody else."""
    ledger = open_ledger(job["path"], ledger=job.get("ledger"), environ={**os.environ, "GITLEDGER_SESSION": job["session"]})
    wait_until(job["at"])
    try:
        outcome = ledger.run(msgspec.convert(job["op"], ClaimTask))
    except LedgerError as error:
        return {"refused": error.to_dict()}
    return {"view": msgspec.to_builtins(outcome.view), "events": outcome.events}


def program(job: dict[str, Any]) -> dict[str, Any]:
    """Run a command line as the program does; at the moment `at`, as everybody else."""
    import io

    out, talk = io.StringIO(), io.StringIO()
    environ = {**os.environ, "GITLEDGER_SESSION": job["session"]}
    wait_until(job["at"])
    began = time.monotonic()
    words = ["-C", job["path"], *job["words"], "--json"]
    code = run_program(words, stdin=io.BytesIO(), stdout=out, stderr=talk, environ=environ)
    try:
        answer = json.loads(out.getvalue())
    except ValueError:
        answer = {"ok": False, "error": {"code": "SILENT", "message": out.getvalue() + talk.getvalue()}}
    return {"exit": code, "ms": round(1000 * (time.monotonic() - began)), "answer": answer}


def wait_until(moment: float) -> None:
    """Let all begin at once."""
    time.sleep(max(0.0, moment - time.time()))


def main() -> None:
    signal.alarm(LIFETIME_S)
    sys.stdout.write(json.dumps({"ready": os.getpid()}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        signal.alarm(LIFETIME_S)
        job = json.loads(line)
        sys.stdout.write(json.dumps({"claim": claim, "program": program}[job["do"]](job)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
