"""Build a realistic ledger of any size, the same for the same seed: `python -m tests.bench.generate PATH --tasks 10000`.

A tenth of the tasks stands at each of ten stages, from a bare draft to validated and done, ten events a task
on average. Records come from the real fold, and the layout is that of design §3. Everything is written in
bulk through `git fast-import`, in a few hundred entries, so that 10,000 tasks take seconds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

import argparse
import os
import subprocess
import time

from gitledger.model import codec, fold, ids
from gitledger.model.codec import Event, LedgerInfo
from gitledger.model.events import (
    CheckRecorded,
    ClaimReleased,
    ClaimTaken,
    CommentAdded,
    CommitLinked,
    DependencyAdded,
    Fields,
    LedgerCreated,
    Payload,
    PlanApproved,
    PlanProposed,
    QuestionAdded,
    RunFinished,
    RunStarted,
    TaskCancelled,
    TaskCreated,
    TaskEdited,
    TodoAdded,
    TodoDone,
)
from gitledger.model.message import entry_message
from gitledger.model.planfile import plan_digest
from gitledger.model.task import Actor, Criterion, PlanTodo
from gitledger.store.tree import BOOK, LEDGER_FILE, task_directory

REF = "refs/taskledger/main"
ENTRIES = 300
START = datetime(2026, 6, 1, 8, 0, tzinfo=timezone.utc)
# From one task to the next; in a large ledger less, so that it ends before the day on which anybody measures: claims of
# the future would be live, and change what is measured.
PACE, SPAN = timedelta(minutes=10), timedelta(days=150)
ADA = Actor(type="user", name="ada", session="terminal-1", host="workshop", pid=4711, person="Ada <ada@example.org>")
AGENT = Actor(
    type="agent",
    name="agent-1",
    role="implementer",
    harness="example-harness",
    session="session-1",
    host="workshop",
    pid=4712,
    person="Ada <ada@example.org>",
)
_VERBS = ("Add", "Fix", "Speed up", "Document", "Rename", "Split", "Remove", "Test", "Port", "Cache")
_NOUNS = ("login form", "CSV export", "index", "retry loop", "schema", "report page", "importer", "session store", "parser")
_WORDS = (
    "the user sees a stale page after the session ends because the cache keeps what the server has dropped and nobody "
    "asks again until the next request fails with an error that names neither the cause nor what would help"
).split()


@dataclass
class Built:
    """What was built: where, how much, and for each status the number of a task (near the middle) that stands there."""

    path: Path
    tasks: int
    events: int = 0
    entries: int = 0
    samples: dict[str, int] = field(default_factory=dict)


class _Writer:
    """Writes the events of one task, each folded at once, as an operation would."""

    def __init__(self, uid: str, number: int, random: Random, earlier: list[str], pace: timedelta = PACE) -> None:
        self.uid = uid
        self.pace = pace
        self.earlier = earlier
        self.number = number
        self.random = random
        self.state = fold.start(uid, None)
        self.events: list[Event] = []

    def write(self, op: str, payload: Payload, by: Actor = AGENT) -> str:
        """Seal and fold the next event, a few seconds after the one before, and return its id."""
        moment = START + self.pace * self.number + timedelta(seconds=20 * len(self.events))
        event = codec.seal(
            payload,
            task=self.uid,
            clock=self.state.clock + 1,
            after=self.state.heads,
            nonce=f"{self.random.getrandbits(32):08x}",
            at=ids.format_time(moment),
            op=op,
            actor=by,
        )
        fold.extend(self.state, event)
        self.events.append(event)
        return event.id

    def text(self, length: int) -> str:
        """About `length` characters of prose."""
        words: list[str] = []
        while len(" ".join(words)) < length:
            words.append(self.random.choice(_WORDS))
        return " ".join(words).capitalize() + "."


# ---------------------------------------------------------------------------------------------- how far a task has come


def _create(task: _Writer) -> None:
    title = f"{task.random.choice(_VERBS)} the {task.random.choice(_NOUNS)} of module {task.number}"
    fields = Fields(priority=task.random.choice(("critical", "high", "medium", "low", None)), owner="ada")
    payload = TaskCreated(
        number=task.number,
        slug=ids.slugify(title),
        title=title,
        description=task.text(180),
        labels=task.random.sample(("backend", "frontend", "urgent", "debt"), 2),
        fields=fields,
    )
    task.write("task create", payload, ADA)


def _begin_plan(task: _Writer) -> tuple[str, str]:
    run = task.write("plan start", RunStarted(number=1, kind="planning", status="planning", branch="main"))
    claim = task.write("plan start", ClaimTaken(lease_s=7200, stage="planning", run=run, reason="plan task"))
    return run, claim


def _plan(task: _Writer) -> None:
    run, claim = _begin_plan(task)
    body = "# Plan\n\n" + "\n".join(f"{place}. {task.text(90)}" for place in range(1, 5))
    todos = [PlanTodo(f"plan-todo-{n:04d}", task.text(50), True, "python -m pytest -q") for n in (1, 2)]
    draft = PlanProposed(
        version=1,
        digest="",
        body=body,
        goal=task.text(60),
        criteria=[Criterion("ac-0001", task.text(60)), Criterion("ac-0002", task.text(60), mandatory=False)],
        todos=todos,
        files=[f"src/module_{task.number}.py"],
        test_commands=["python -m pytest -q"],
        expected_outputs=["passed"],
        run=run,
    )
    fields = {name: getattr(draft, name) for name in draft.__struct_fields__}
    task.write("plan propose", PlanProposed(**fields | {"digest": plan_digest(draft)}))
    task.write("plan propose", RunFinished(run=run, result="finished", summary=draft.goal))
    task.write("plan propose", ClaimReleased(claim=claim, reason="plan proposed"))


def _approve(task: _Writer) -> None:
    plan = task.state.task.plans[-1]
    approval = PlanApproved(
        plan=plan.id, version=1, digest=plan.digest, note="Reviewed.", approver="user", via="flag", approver_name="Ada"
    )
    task.write("plan approve", approval, ADA)
    for number, todo in enumerate(plan.todos, start=1):
        added = TodoAdded(
            number=number,
            text=todo.text,
            source="plan",
            mandatory=True,
            plan=plan.id,
            plan_todo=todo.id,
            validation_hint=todo.validation_hint,
        )
        task.write("plan approve", added, ADA)


def _implement(task: _Writer) -> None:
    plan = task.state.task.accepted_plan
    run = task.write("implement start", RunStarted(number=2, kind="implementation", status="implementing", plan=plan))
    task.write("implement start", ClaimTaken(lease_s=7200, stage="implementing", run=run, reason="implement approved plan"))


def _done(task: _Writer, count: int) -> None:
    for todo in task.state.task.todos[:count]:
        evidence = [f"python -m pytest -q: {task.random.randrange(3, 400)} passed"]
        task.write("todo done", TodoDone(todo=todo.id, evidence=evidence, changes=[f"src/module_{task.number}.py"]))


def _finish(task: _Writer) -> None:
    run, claim = task.state.task.runs[-1], task.state.task.claims[-1]
    finished = RunFinished(run=run.id, result="finished", summary=task.text(80), status="implemented")
    task.write("implement finish", finished)
    task.write("implement finish", ClaimReleased(claim=claim.id, reason="implementation finished"))


def _validate(task: _Writer) -> None:
    plan, based_on = task.state.task.plans[-1], task.state.task.runs[-1].id
    run = task.write("validate start", RunStarted(number=3, kind="validation", status="validating", based_on=based_on), ADA)
    claim = task.write("validate start", ClaimTaken(lease_s=7200, stage="validating", run=run), ADA)
    check = CheckRecorded(number=1, run=run, plan=plan.id, criterion="ac-0001", status="pass", evidence=["all green"])
    task.write("validate check", check, ADA)
    task.write("validate finish", RunFinished(run=run, result="passed", summary=task.text(40), status="done"), ADA)
    task.write("validate finish", ClaimReleased(claim=claim, reason="validation finished"), ADA)


def _talk(task: _Writer, comments: int, after: int) -> None:
    """Questions and remarks, and a dependency on the task that is `after` numbers before this one."""
    task.write("question add", QuestionAdded(number=1, text=task.text(60) + " Or not?"))
    task.write("task edit", TaskEdited(add_labels=["triaged"]), ADA)
    for number in range(1, comments + 1):
        task.write("task edit", CommentAdded(number=number, text=task.text(80), kind="note"), ADA)
    task.write("dep add", DependencyAdded(on=task.earlier[-after - 1]), ADA)


def _cancel(task: _Writer) -> None:
    task.write("task edit", CommentAdded(number=1, text=task.text(80), kind="note"), ADA)
    task.write("task cancel", TaskCancelled(previous="draft", reason="No longer needed."), ADA)


def _link(task: _Writer) -> None:
    commit = f"{task.random.getrandbits(160):040x}"
    task.write("task edit", CommitLinked(commit=commit, source="hook", summary=task.text(30)))


# Ten stages of a hundred events; tasks take them in turn.
_STAGES: tuple[tuple[str, tuple[Callable[[_Writer], Any], ...]], ...] = (
    ("done", (_create, _plan, _approve, _implement, lambda t: _done(t, 2), _finish, _validate)),
    # What it waits for is done …
    ("draft", (_create, lambda t: _talk(t, 1, 1))),
    ("implementing", (_create, _plan, _approve, _implement, lambda t: _done(t, 1))),
    ("plan_review", (_create, _plan)),
    ("approved", (_create, _plan, _approve)),
    ("done", (_create, _plan, _approve, _implement, lambda t: _done(t, 2), _finish, _validate)),
    ("planning", (_create, _begin_plan, _link)),
    ("implemented", (_create, _plan, _approve, _implement, lambda t: _done(t, 2), _finish)),
    ("cancelled", (_create, _cancel)),
    # … and what this one waits for is still being planned.
    ("draft", (_create, lambda t: _talk(t, 2, 3))),
)


# ---------------------------------------------------------------------------------------------- writing it down


def tasks(count: int, seed: int) -> Iterator[_Writer]:
    """The tasks of the ledger, numbered from 1, their events written and folded."""
    random = Random(seed)
    earlier: list[str] = []
    pace = min(PACE, SPAN / count)
    for number in range(1, count + 1):
        task = _Writer(_uid(random), number, random, earlier, pace)
        earlier.append(task.uid)
        for part in _STAGES[(number - 1) % len(_STAGES)][1]:
            part(task)
        yield task


def _uid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


class _Import:
    """The input of `git fast-import`."""

    def __init__(self, stream: BinaryIO) -> None:
        self._write = stream.write

    def commit(self, ref: str, message: str, moment: datetime) -> None:
        """Begin a commit on top of the last one on `ref` in this import."""
        who = f"Ada <ada@example.org> {int(moment.timestamp())} +0000"
        raw = message.encode()
        self._write(f"commit {ref}\nauthor {who}\ncommitter {who}\ndata {len(raw)}\n".encode() + raw + b"\n")

    def file(self, path: str, raw: bytes) -> None:
        """Set a file in the commit that was begun."""
        self._write(f"M 100644 inline {path}\ndata {len(raw)}\n".encode() + raw + b"\n")

    def done(self) -> None:
        """Say that nothing was cut off."""
        self._write(b"done\n")


def build(path: Path | str, count: int, *, seed: int = 1) -> Built:
    """Make the repository at `path` (which must not exist or be empty) with a ledger of `count` tasks."""
    built = Built(Path(path), count)
    built.path.mkdir(parents=True, exist_ok=True)
    git(built.path, "init", "--quiet", "--initial-branch=main")
    for name, value in (("user.name", "Ada"), ("user.email", "ada@example.org"), ("gc.auto", "0")):
        git(built.path, "config", name, value)
    command = ["git", "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet", "--done"]
    with subprocess.Popen(command, cwd=built.path, env=_environment(), stdin=subprocess.PIPE) as importer:
        assert importer.stdin is not None
        stream = _Import(importer.stdin)
        _write_source(stream)
        _write_ledger(stream, built, seed)
        stream.done()
        importer.stdin.close()
        if importer.wait():
            raise RuntimeError("git fast-import failed")
    git(built.path, "reset", "--quiet", "--hard")
    return built


def _write_source(stream: _Import) -> None:
    stream.commit("refs/heads/main", "Begin\n", START)
    for number in range(50):
        stream.file(f"src/module_{number}.py", f'"""Module {number}."""\n'.encode() * 20)


def _write_ledger(stream: _Import, built: Built, seed: int) -> None:
    book, info = _book(seed)
    stream.commit(REF, entry_message("init", task_id=None, what="ledger main", uids=[], actor=ADA), START)
    stream.file(LEDGER_FILE, info)
    _write_folder(stream, BOOK, fold.fold_book([book]), [book])
    built.entries, built.events = 1, 1
    size = -(-built.tasks // ENTRIES)
    batch: list[_Writer] = []
    for task in tasks(built.tasks, seed):
        batch.append(task)
        if len(batch) == size or task.number == built.tasks:
            _write_entry(stream, batch)
            built.entries += 1
            built.events += sum(len(task.events) for task in batch)
            batch = []
        status = task.state.task.status
        if task.number <= built.tasks // 2 + len(_STAGES) or status not in built.samples:
            built.samples[status] = task.number


def _write_entry(stream: _Import, batch: list[_Writer]) -> None:
    uids = [task.uid for task in batch]
    message = entry_message("import", task_id=None, what=f"{len(batch)} tasks", uids=uids, actor=ADA)
    stream.commit(REF, message, ids.parse_time(batch[-1].events[-1].at))
    for task in batch:
        _write_folder(stream, task_directory(task.number, task.uid), task.state, task.events)


def _write_folder(stream: _Import, folder: str, state: Any, events: list[Event]) -> None:
    for name, raw in fold.files(state).items():
        if raw is not None:
            stream.file(f"{folder}/{name}", raw)
    for event in events:
        stream.file(f"{folder}/events/{codec.file_name(event)}", event.raw)


def _book(seed: int) -> tuple[Event, bytes]:
    uid = _uid(Random(f"ledger {seed}"))
    event = codec.seal(
        LedgerCreated(uid=uid, name="main"),
        task=None,
        clock=1,
        after=(),
        nonce="00000000",
        at=ids.format_time(START),
        op="init",
        actor=ADA,
    )
    return event, codec.encode_ledger(LedgerInfo(codec.FORMAT_VERSION, codec.FOLD_VERSION, uid))


def git(path: Path, *args: str) -> str:
    """Run git in `path` without anybody's settings."""
    done = subprocess.run(["git", *args], cwd=path, env=_environment(), check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def main() -> None:
    """Build one, and say how long it took."""
    parser = argparse.ArgumentParser(description="Build a repository with a ledger for benchmarks.")
    parser.add_argument("path", type=Path, help="an empty or missing folder")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.perf_counter()
    built = build(options.path, options.tasks, seed=options.seed)
    seconds = time.perf_counter() - started
    print(f"{built.path}: {built.tasks} tasks, {built.events} events, {built.entries} entries in {seconds:.1f} s")


if __name__ == "__main__":
    main()
