"""What happens in the frozen ledger: every event type at least once, in an order that leaves a rich record.

Each step is (name, payload made of the ids of the steps before, who, what that writer had seen). A story
is frozen with its fold version: a new event type gets a step at the end, and a new `records/<fold>/`.
"""

from collections.abc import Callable
from typing import Any

from gitledger.model.events import (
    ChangeRecorded,
    CheckRecorded,
    ClaimBroken,
    ClaimReleased,
    ClaimTaken,
    CommentAdded,
    CommitLinked,
    CommitUnlinked,
    CriterionWaived,
    DependencyAdded,
    DependencyRemoved,
    DependencyWaived,
    EvidenceRecorded,
    Fields,
    LedgerClosed,
    LedgerCreated,
    LedgerForked,
    LedgerReopened,
    NoteRemoved,
    NoteSet,
    Payload,
    PlanApproved,
    PlanProposed,
    PlanRejected,
    PolicyOverridden,
    QuestionAdded,
    QuestionAnswered,
    QuestionDismissed,
    RunFinished,
    RunLogged,
    RunResumed,
    RunStarted,
    TaskActivated,
    TaskAdopted,
    TaskAdvanced,
    TaskArchived,
    TaskCancelled,
    TaskClosed,
    TaskCreated,
    TaskDeactivated,
    TaskDeleted,
    TaskEdited,
    TaskHeld,
    TaskImported,
    TaskMoved,
    TaskRecorded,
    TaskRenumbered,
    TaskResumed,
    TaskUnarchived,
    TaskUncancelled,
    TodoAdded,
    TodoDone,
    TodoEdited,
    TodoRemoved,
    TodoUndone,
    WorkspaceRemoved,
    WorkspaceSet,
)
from gitledger.model.task import Criterion, PlanTodo

Step = tuple[str, Callable[[dict[str, str]], Payload], str, tuple[str, ...] | None]

OTHER = "7b0d4c11-52aa-4f6e-8d9b-6c5d4e3f2a1b"
THIRD = "99990000-52aa-4f6e-8d9b-6c5d4e3f2a1b"
TREE, TREE_ALL = "a" * 40, "b" * 40
BY = {"type": "user", "name": "ada"}
AT = "2025-01-02T03:04:05.000006Z"
IMPORTED: dict[str, Any] = {
    "number": 12,
    "slug": "export-csv",
    "title": "Export CSV",
    "status": "draft",
    "created_at": AT,
    "creator": BY,
    "labels": ["legacy"],
    "plans": [
        {"id": "0" * 20, "version": 1, "status": "proposed", "created_at": AT, "created_by": BY, "digest": "-", "file": "p1"}
    ],
    "notes": [{"key": "Old/Note", "role": "queue", "file": "n1", "created_at": AT, "updated_at": AT, "by": BY}],
}


def step(name: str, make: Any, who: str = "agent", seen: tuple[str, ...] | None = None) -> Step:
    """One step; `make` is a payload, or a function of the ids so far."""
    return name, (lambda ids, payload=make: payload) if isinstance(make, Payload) else make, who, seen


BOOK_STORY: list[Step] = [
    step("created", LedgerCreated(uid="c0ffee00-1111-4222-8333-944455556666", name="main"), "ada"),
    step("forked", LedgerForked(uid="ignored", name="other", origin="main", tip="c" * 40, number_floor=30), "ada"),
    step("set", WorkspaceSet(name="web", description="The pages", tags=["ui", "css"], repos=["../web"]), "ada"),
    step("api", WorkspaceSet(name="api", tags=["http"], memory_tags=["rest"], conventions=["RFC 9457 errors"]), "ada"),
    step("gone", WorkspaceSet(name="gone"), "ada"),
    step("removed", WorkspaceRemoved(name="gone"), "ada"),
    step("closed", LedgerClosed(reason="Merged into main."), "ada"),
    step("reopened", LedgerReopened(reason="Not quite."), "ada"),
]

TASK_STORY: list[Step] = [
    step(
        "created",
        TaskCreated(
            number=30,
            slug="export",
            title="Export",
            description="First words.",
            labels=["b", "a"],
            parent=OTHER,
            relation="follow_up",
            sort=2,
            fields=Fields(owner="ada", priority="low", complexity=3),
            properties={"z": 1, "a": {"deep": [1, None]}},
            meta={"sprint": 12},
        ),
        "ada",
    ),
    step("recorded", TaskRecorded(summary="It was done by hand.", reason="before gitledger"), "ada"),
    step("deleted", TaskDeleted(reason="A mistake."), "ada"),
    step(
        "imported",
        TaskImported(
            record=IMPORTED,
            texts={"task.md": "# ignored\n\nAs it was.\n", "p1": "An old plan.", "n1": "An old note."},
            origin="taskledger",
        ),
        "ada",
    ),
    step("adopted", TaskAdopted(ledger="feature", tip="d" * 40, number=12), "ada"),
    step("renumbered", TaskRenumbered(number=31, previous=12, reason="two clones gave 12"), "ada"),
    step(
        "edited",
        TaskEdited(
            fields=Fields(
                title="Export the report\nas CSV",
                description="## Why\n\nPeople ask for it.\n\n- quoted \"cells\"\n- tabs\tand\\backslashes\n",
                summary="CSV export",
                type="feature",
                source="user",
                priority="high",
                complexity=5,
                package="report",
                scope="export",
                milestone="m2",
                owner="ada",
                branch="feature/export",
                base_branch="main",
                worktree="../export",
                pr_url="https://example.org/pr/1",
                due="2026-12-24T12:00:00.000000Z",
                schedule="0 3 * * *",
                next_run_at="2026-12-01T03:00:00.000000Z",
            ),
            add_labels=["report", "csv"],
            remove_labels=["legacy"],
            properties={"estimate": 3, "nested": {"list": [1, "two", True, None]}},
            meta={"team": "core", "reviewed": True},
        ),
        "ada",
    ),
    step("cleared", TaskEdited(fields=Fields(milestone=None), meta={"reviewed": None}), "ada"),
    step("activated", TaskActivated(reason="next", previous=OTHER, forced=True)),
    step("moved", TaskMoved(parent=OTHER, sort=1, relation="part")),
    step("archived", TaskArchived(reason="aside")),
    step("unarchived", TaskUnarchived(reason="back")),
    step("cancelled", TaskCancelled(previous="draft", reason="no time")),
    step("uncancelled", TaskUncancelled(status="draft", reason="time again")),
    step("advanced", TaskAdvanced(trigger="start", previous="draft", status="planning", label="looking")),
    step("q1", QuestionAdded(number=1, text="Which separator?", required=True, plan_version=2)),
    step("q2", QuestionAdded(number=2, text="Which encoding?")),
    step(
        "answered",
        lambda i: QuestionAnswered(
            question=i["q1"], text="A comma.", answered_by="user", source="harness"
        ),
        "ada",
    ),
    step("dismissed", lambda i: QuestionDismissed(question=i["q2"], reason="UTF-8, always")),
    step("planning", RunStarted(number=1, kind="planning", status="planning", branch="main", head="e" * 40)),
    step("claim", lambda i: ClaimTaken(lease_s=7200, stage="planning", run=i["planning"], reason="planning")),
    step("old-plan", PlanProposed(version=2, digest="sha256:old", body="Thin.\n", goal="Export")),
    step("rejected", lambda i: PlanRejected(plan=i["old-plan"], version=2, reason="no criteria"), "ada"),
    step(
        "plan",
        lambda i: PlanProposed(
            version=3,
            digest="sha256:new",
            body="# How\n\n1. Write it.\n2. Test it.\n\n\n",
            goal="Reports can be exported",
            criteria=[Criterion("ac-0001", "Opens in a spreadsheet"), Criterion("ac-0002", "Streams", mandatory=False)],
            todos=[PlanTodo("plan-todo-0001", "Write", True, "pytest -q"), PlanTodo("plan-todo-0002", "Document", False)],
            files=["report/export.py"],
            test_commands=["pytest -q"],
            expected_outputs=["passed"],
            generation_reason="regenerated",
            run=i["planning"],
            questions=[i["q1"]],
            answers_hash="sha256:answers",
            supersedes=i["old-plan"],
        ),
    ),
    step(
        "approved",
        lambda i: PlanApproved(
            plan=i["plan"],
            version=3,
            digest="sha256:new",
            note="Good.",
            approver="user",
            via="terminal",
            approver_name="Ada",
            harness="example-harness",
            terminal=True,
            reason="small",
            escapes=["no-lint"],
            policy="f" * 40,
        ),
    ),
    step("planned", lambda i: RunFinished(run=i["planning"], result="finished", summary="A plan.", status="approved")),
    step("released", lambda i: ClaimReleased(claim=i["claim"], reason="done planning")),
    step("depends", DependencyAdded(on=OTHER, unblock_at="review")),
    step("related", DependencyAdded(on=THIRD, kind="relates_to")),
    step("unrelated", DependencyRemoved(on=THIRD, kind="relates_to")),
    step("waived", DependencyWaived(on=OTHER, reason="It is nearly there."), "ada"),
    step(
        "work",
        lambda i: RunStarted(
            number=2, kind="implementation", status="implementing", plan=i["plan"], summary="start", branch="feature/export", head="1" * 40
        ),
    ),
    step("lost", lambda i: ClaimTaken(lease_s=60, stage="implementing", run=i["work"]), "ada"),
    step("taken", lambda i: ClaimTaken(lease_s=3600, stage="implementing", run=i["work"], over=[i["lost"]])),
    step(
        "logged",
        lambda i: RunLogged(
            run=i["work"], text="Ran the tests.", kind="command", path="report", exit_code=0
        ),
    ),
    step("went-on", lambda i: RunResumed(run=i["work"], status="implementing", reason="after lunch")),
    step(
        "todo1",
        lambda i: TodoAdded(
            number=1,
            text="Write",
            source="plan",
            mandatory=True,
            active=True,
            plan=i["plan"],
            plan_todo="plan-todo-0001",
        ),
    ),
    step("todo2", TodoAdded(number=2, text="Paint", source="user", validation_hint="look")),
    step("todo3", TodoAdded(number=3, text="Never mind", source="implementer")),
    step("todo-edited", lambda i: TodoEdited(todo=i["todo2"], text="Document", mandatory=True, validation_hint=None)),
    step("removed", lambda i: TodoRemoved(todo=i["todo3"], reason="not needed")),
    step(
        "change",
        lambda i: ChangeRecorded(
            number=1,
            kind="edit",
            path="report/export.py",
            paths=["report/export.py", "docs/export.md"],
            summary="CSV",
            run=i["work"],
            command="git diff",
            exit_code=0,
            commit="2" * 40,
            diff_stat="2 files changed",
            before="3" * 40,
            after="4" * 40,
            tree=TREE,
        ),
    ),
    step(
        "linked",
        lambda i: CommitLinked(
            commit="5" * 40, source="hook", run=i["work"], change=i["change"], summary="Export", tree=TREE
        ),
    ),
    step("rewritten", lambda i: CommitLinked(commit="6" * 40, source="rewrite", replaces=["5" * 40])),
    step("wrong", CommitLinked(commit="7" * 40, source="manual")),
    step("unlinked", CommitUnlinked(commit="7" * 40, reason="another task's")),
    step(
        "evidence",
        lambda i: EvidenceRecorded(
            number=1,
            kind="test",
            summary="All pass",
            subject=i["todo1"],
            plan=i["plan"],
            command="pytest -q",
            argv=["pytest", "-q"],
            exit_code=0,
            passed=True,
            tool="pytest",
            artifacts=["report.xml"],
            captured=True,
            duration_ms=1234,
            output_digest="sha256:out",
            output_tail="12 passed\n",
            tree=TREE,
            tree_all=TREE_ALL,
        ),
    ),
    step(
        "done",
        lambda i: TodoDone(
            todo=i["todo1"],
            evidence=["pytest -q"],
            artifacts=["report.xml"],
            changes=[i["change"]],
            commands=["pytest -q"],
            tree=TREE,
            tree_all=TREE_ALL,
        ),
    ),
    step("undone", lambda i: TodoUndone(todo=i["todo1"], reason="a cell broke")),
    step("redone", lambda i: TodoDone(todo=i["todo1"], evidence=["pytest -q", "by eye"])),
    step(
        "worked",
        lambda i: RunFinished(
            run=i["work"],
            result="finished",
            summary="It exports.",
            status="implemented",
            tree=TREE,
            tree_all=TREE_ALL,
            policy="f" * 40,
        ),
    ),
    step("broken", lambda i: ClaimBroken(claim=i["taken"], reason="the machine is gone"), "ada"),
    step(
        "check-run",
        lambda i: RunStarted(
            number=3, kind="validation", status="validating", based_on=i["work"], resumes=i["planning"]
        ),
        "ada",
    ),
    step("mine", lambda i: ClaimTaken(lease_s=7200, stage="validating", run=i["check-run"]), "ada"),
    step(
        "check",
        lambda i: CheckRecorded(
            number=1,
            run=i["check-run"],
            plan=i["plan"],
            criterion="ac-0001",
            status="warn",
            name="spreadsheet",
            details="one quote too many",
            evidence=["screenshot"],
            tree=TREE,
            tree_all=TREE_ALL,
        ),
        "ada",
    ),
    step(
        "excused",
        lambda i: CriterionWaived(
            number=2, run=i["check-run"], plan=i["plan"], criterion="ac-0002", reason="small files"
        ),
        "agent",
    ),
    step(
        "validated",
        lambda i: RunFinished(
            run=i["check-run"], result="passed", summary="Good", recommendation="ship", status="done"
        ),
        "ada",
    ),
    step("closed", TaskClosed(note="Signed off."), "ada"),
    step("note", NoteSet(key="Research/CSV", body="RFC 4180\n\n", role="work")),
    step("note2", NoteSet(key="scratch", body="soon gone")),
    step("note-gone", NoteRemoved(key="scratch")),
    step("comment", CommentAdded(number=1, text="Nice.\nReally.", kind="note"), "ada"),
    step(
        "overridden",
        PolicyOverridden(
            gate="approval", reason="hotfix", command="plan approve", policy="f" * 40
        ),
        "ada",
    ),
    step("deactivated", TaskDeactivated(reason="other work", next=OTHER, forced=True)),
    step("held", TaskHeld(reason="waiting for the host", previous="done")),
    step("resumed", TaskResumed(status="done", reason="it is back")),
    step("held-again", TaskHeld(reason="waiting once more", previous="done")),
    # Two clones, apart, disagree about the priority and agree about the owner; nobody has settled it.
    step("left", TaskEdited(fields=Fields(priority="low", owner="bob")), "ada", ("held-again",)),
    step("right", TaskEdited(fields=Fields(priority="critical", owner="bob")), "agent", ("held-again",)),
]
