"""One of many processes that use a ledger at once: takes jobs as JSON lines on stdin, answers each with JSON lines on stdout.

Started by file name, so that it needs nothing but an importable gitledger.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from gitledger.errors import LedgerError
from gitledger.ledger import Ledger, open_ledger
from gitledger.model.events import PlanApproved, PlanProposed
from gitledger.model.task import Criterion
from gitledger.ops._activating import ActivateTask
from gitledger.ops._base import Decision, Operation, TaskOperation, on
from gitledger.ops._task_list import ListTasks
from gitledger.ops._world import World
from gitledger.ops.implement import LogImplementation, RecordChange, StartImplementation
from gitledger.ops.ledger import InitLedger
from gitledger.ops.task import CreateTask, EditTask, ListEvents, ShowTask
from gitledger.ops.todo import AddTodo, DoneTodo, ListTodos, UndoneTodo
from gitledger.store import chain

LIFETIME_S = 110
# Few words, so that slugs collide.
TITLES = ("Fix the parser", "Write the tests", "Ship it", "Überprüfe alles")


class ApprovePlan(TaskOperation, frozen=True, kw_only=True):
    """A plan, proposed and approved at once: the shortest way to a task that can be implemented."""

    command = "plan accept"

    def decide(self, world: World) -> Decision:
        task = self.subject(world)
        criteria = [Criterion("ac-0001", "It works.")]
        plan = yield on(task, PlanProposed(version=1, digest="sha256:0", goal="Do it", criteria=criteria))
        yield on(
            task,
            PlanApproved(plan=plan.id, version=1, digest="sha256:0", note="Ready.", approver="user", via="accept"),
        )

    def show(self, world: World) -> str:
        return self.subject(world).id


def words_of(op: Operation) -> list[str]:
    """The command line of an operation."""
    from gitledger.cli.build import fields_of

    places, options = [], []
    for field in fields_of(type(op)):
        value = getattr(op, field.name)
        if value == field.default:
            continue
        for item in value if field.repeated else [value]:
            if field.is_positional:
                places.append(str(item))
            else:
                options += [field.option] if item is True else [field.option, str(item)]
    return [*op.command.split(), *options, "--", *places]


# ---------------------------------------------------------------------------------------------- running


class Runner:
    """Runs operations in this process, as a session of its own, and counts what each entry took."""

    def __init__(self, path: str, session: str) -> None:
        self.path = path
        self.environ = {**os.environ, "GITLEDGER_SESSION": session}
        self.ledger: Ledger = open_ledger(path, environ=self.environ)

    def run(self, op: Operation) -> tuple[Any, list[str]]:
        """The view as JSON would have it, and the events recorded."""
        import msgspec

        outcome = self.ledger.run(op)
        return msgspec.to_builtins(outcome.view), outcome.events


class ProgramRunner(Runner):
    """Runs each operation as a command line of its own."""

    def run(self, op: Operation) -> tuple[Any, list[str]]:
        argv = [sys.executable, "-m", "gitledger", "--json", *words_of(op)]
        done = subprocess.run(argv, cwd=self.path, env=self.environ, capture_output=True, timeout=LIFETIME_S)
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"{argv}: exit {done.returncode} {done.stdout!r} {done.stderr!r}") from None
        if not answer["ok"]:
            error = answer["error"]
            raise LedgerError(error["message"], code=error["code"], details=error["details"])
        return answer["result"], answer["events"]


def attempts() -> list[int]:
    """A counter of calls to `chain.append`, lost ones included."""
    seen = [0]
    real = chain.append

    def counted(*args: Any, **kwargs: Any) -> str:
        seen[0] += 1
        return real(*args, **kwargs)

    chain.append = counted
    return seen


APPENDS = attempts()


def acknowledged(runner: Runner, op: Operation) -> dict[str, Any]:
    """What came of an operation: its events, or the refusal."""
    began = time.monotonic()
    try:
        view, events = runner.run(op)
    except LedgerError as error:
        said = {"code": error.code, "exit_code": error.exit_code, "message": error.message, "details": error.details}
        return {"op": op.command, "refused": said}
    except Exception as error:  # the test wants to hear of it, whatever it is
        return {"op": op.command, "refused": {"code": type(error).__name__, "message": repr(error)[:2000]}}
    return {"op": op.command, "events": events, "view": view, "ms": round(1000 * (time.monotonic() - began), 1)}


# ---------------------------------------------------------------------------------------------- mixed commands


def on_one_task(chance: random.Random, task: str, own: str, who: str) -> Iterator[Any]:
    """Commands on one task for ever, beside todos those named `own`; sent back the answer of each."""
    todos: list[str] = []
    for step in range(10**9):
        kind = chance.choice(("add", "done", "done", "undone", "list", own, own))
        if kind == "done" and todos:
            yield DoneTodo(task=task, todo=chance.choice(todos), evidence=[f"{who} {step}"])
        elif kind == "undone" and todos:
            yield UndoneTodo(task=task, todo=chance.choice(todos))
        elif kind == "list":
            answer = yield ListTodos(task=task)
            todos = [todo["id"] for todo in answer["view"]["todos"]] if "view" in answer else todos
        elif kind == "record":
            yield chance.choice(
                (
                    RecordChange(task=task, path=f"src/{step}.py", summary=f"{who} {step}"),
                    LogImplementation(task=task, message=f"{who} {step}"),
                )
            )
        elif kind == "edit":
            yield chance.choice(
                (
                    EditTask(task=task, add_note=[f"{who} note {step}"]),
                    EditTask(task=task, add_label=[f"{who}-{step}"]),
                    EditTask(task=task, title=f"{who} names it {step}", priority=chance.choice(("high", "low"))),
                )
            )
        else:
            answer = yield AddTodo(task=task, text=f"{who} {step}", optional=True)
            todos += [answer["view"]["todo"]["id"]] if "view" in answer else []


def on_many_tasks(chance: random.Random, who: str) -> Iterator[Any]:
    """Commands on all tasks of the ledger for ever; sent back the answer of each."""
    tasks: list[str] = []
    for step in range(10**9):
        kind = chance.choice(("create", "create", "activate", "edit", "todo", "todo", "list"))
        if kind == "list" or (kind != "create" and not tasks):
            answer = yield ListTasks()
            tasks = [task["id"] for task in answer["view"]["tasks"]] if "view" in answer else tasks
        elif kind == "create":
            answer = yield CreateTask(title=chance.choice(TITLES), labels=[who], description=f"{who} {step}")
            tasks += [answer["view"]["id"]] if "view" in answer else []
        elif kind == "activate":
            yield ActivateTask(task=chance.choice(tasks), reason=f"{who} {step}")
        elif kind == "edit":
            yield EditTask(task=chance.choice(tasks), add_note=[f"{who} {step}"], owner=who)
        else:
            yield AddTodo(task=chance.choice(tasks), text=f"{who} {step}", mandatory=chance.random() < 0.5)


def mixed(job: dict[str, Any]) -> dict[str, Any]:
    """Run `count` mixed commands, each `every`th by the program, and answer with what came of each."""
    own, program = Runner(job["path"], job["session"]), ProgramRunner(job["path"], job["session"])
    chance = random.Random(job["seed"])
    task = job.get("task")
    commands = on_one_task(chance, task, job["own"], job["who"]) if task else on_many_tasks(chance, job["who"])
    APPENDS[0] = 0
    answers: list[dict[str, Any]] = []
    op = next(commands)
    while len(answers) < job["count"]:
        is_by_program = len(answers) % job["every"] == job["seed"] % job["every"]
        answers.append(acknowledged(program if is_by_program else own, op) | {"by_program": is_by_program})
        op = commands.send(answers[-1])
    for answer in answers:
        answer.pop("view", None)
    return {"answers": answers, "appends": APPENDS[0]}


def read(job: dict[str, Any]) -> dict[str, Any]:
    """Read in turn everything that can be read, until the file `until` is there."""
    runner = (ProgramRunner if job.get("program") else Runner)(job["path"], job["session"])
    refused, many, last = [], 0, 0
    while not os.path.exists(job["until"]):
        for op in (ListTasks(), ShowTask(task="1"), ListEvents(task="1", limit=0), ListTodos(task="1")):
            answer = acknowledged(runner, op)
            many += 1
            if "refused" in answer:
                refused.append(answer)
            elif op.command == "task events":
                total = answer["view"]["total"]
                if total < last:
                    refused.append({"op": "task events", "refused": {"message": f"{total} events after {last}"}})
                last = total
    return {"refused": refused, "reads": many}


# ---------------------------------------------------------------------------------------------- writing until killed


def write_for_ever(job: dict[str, Any], who: str) -> None:
    """Write, and say after each entry which events it recorded; never ends by itself."""
    runner = Runner(job["path"], who)
    commands = on_one_task(random.Random(who), "1", "edit", who)
    op = next(commands)
    while True:
        answer = acknowledged(runner, op)
        op = commands.send(answer)
        answer.pop("view", None)
        if answer.get("events") or "refused" in answer:
            say({"who": who, **answer})


def be_killed(job: dict[str, Any]) -> dict[str, Any]:
    """Fork writers, name their ids, and answer when the last of them is gone. Forks start in no time."""
    children = {}
    gate, opener = os.pipe()
    for who in job["writers"]:
        child = os.fork()
        if child == 0:
            try:
                signal.alarm(30)
                os.close(opener)
                os.read(gate, 1)
                write_for_ever(job, who)
            finally:
                os._exit(1)
        children[who] = child
    say({"started": children})
    os.close(gate)
    os.close(opener)
    codes = {who: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for who, child in children.items()}
    return {"gone": codes}


# ---------------------------------------------------------------------------------------------- jobs


def claim(job: dict[str, Any]) -> dict[str, Any]:
    """Start implementing."""
    runner = Runner(job["path"], job["session"])
    wait_until(job["at"])
    return acknowledged(runner, StartImplementation(task=job["task"]))


def init(job: dict[str, Any]) -> dict[str, Any]:
    """Begin a ledger."""
    runner = Runner(job["path"], job["session"])
    wait_until(job["at"])
    answer = acknowledged(runner, InitLedger())
    return answer | {"tip": runner.ledger.tip}


JOBS = {"mixed": mixed, "read": read, "claim": claim, "init": init, "be_killed": be_killed}


def wait_until(moment: float) -> None:
    """Let all begin at once."""
    time.sleep(max(0.0, moment - time.time()))


def say(answer: dict[str, Any]) -> None:
    """One line, written at once."""
    os.write(1, json.dumps(answer).encode() + b"\n")


def main() -> None:
    signal.alarm(LIFETIME_S)
    say({"ready": os.getpid()})
    for line in sys.stdin:
        job = json.loads(line)
        answer = json.dumps(JOBS[job["do"]](job))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
