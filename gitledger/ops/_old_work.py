"""Runs, changes, checks and handoffs of taskledger 0.2.0 as ours, with the ids that follow from theirs."""

from gitledger.model.task import Actor, Change, Check, Claim, Evidence, FileLink, Handoff, LogLine, Run, UrlLink
from gitledger.model.taskledgerfile import OldBundle, OldChange, OldCheck, OldHandoff, OldLock, OldRun
from gitledger.ops._old_names import Names, actor_of, known_actor, number_of, time_of


def convert_run(names: Names, old: OldRun) -> Run:
    """A run with its log; its lines bear the time at which it began, for they have none of their own."""
    by = known_actor(old.actor, old.harness.name if old.harness is not None else None)
    at = time_of(old.started_at) or ""
    run = names.id_of(old.run_id)
    lines = [("message", None, text) for text in old.worklog] + [("deviation", None, text) for text in old.deviations_from_plan]
    for artifact in old.artifact_refs:
        path, _, said = artifact.partition(": ")
        lines.append(("artifact", path, said))
    return Run(
        id=run,
        number=number_of(old.run_id),
        type=old.run_type,
        started_at=at,
        actor=by,
        status=old.status,
        result=old.result,
        finished_at=time_of(old.finished_at),
        finished_by=by if old.finished_at is not None else None,
        plan=names.ref_of(old.based_on_plan),
        based_on=names.ref_of(old.based_on_implementation_run),
        resumes=names.ref_of(old.resumes_run_id),
        summary=old.summary,
        recommendation=old.recommendation,
        log=[
            LogLine(names.id_of(old.run_id, "log", place), at, by, text, kind=kind, path=path)
            for place, (kind, path, text) in enumerate(lines)
        ],
    )


def convert_change(names: Names, bundle: OldBundle, old: OldChange) -> Change:
    """A change; whoever made the run made it."""
    run = next((run for run in bundle.runs if run.run_id == old.implementation_run), None)
    return Change(
        id=names.id_of(old.change_id),
        number=number_of(old.change_id),
        at=time_of(old.timestamp) or "",
        by=known_actor(run.actor if run is not None else None),
        kind=old.kind,
        path=old.path,
        summary=old.summary or "",
        run=names.ref_of(old.implementation_run),
        command=old.command,
        exit_code=old.exit_code,
        commit=old.git_commit,
        diff_stat=old.git_diff_stat,
        before=old.before_hash,
        after=old.after_hash,
    )


def convert_check(names: Names, bundle: OldBundle, run: OldRun, old: OldCheck) -> Check:
    """A check of a validation run."""
    by = known_actor(old.waiver.actor if old.waiver is not None else run.actor)
    return Check(
        id=names.id_of(run.run_id, old.id),
        number=number_of(old.id),
        run=names.id_of(run.run_id),
        criterion=old.criterion_id or "",
        plan=names.ref_of(run.based_on_plan or bundle.task.accepted_plan) or "",
        status=old.status,
        at=time_of(run.started_at) or "",
        by=by,
        name=old.name,
        details=old.details,
        evidence=old.evidence,
        waiver=names.waiver(old.waiver, run.run_id, old.id),
    )


def convert_evidence(names: Names, bundle: OldBundle) -> list[Evidence]:
    """What was said of a run as a whole."""
    said = [(run, text) for run in bundle.runs for text in run.evidence]
    return [
        Evidence(
            id=names.id_of(run.run_id, "evidence", place),
            number=place + 1,
            at=time_of(run.finished_at or run.started_at) or "",
            by=known_actor(run.actor),
            kind="report",
            summary=text,
            subject=names.id_of(run.run_id),
        )
        for place, (run, text) in enumerate(said)
    ]


def convert_handoff(names: Names, old: OldHandoff) -> Handoff:
    """A handoff; its context is a text beside the record."""
    number = number_of(old.handoff_id)
    by = known_actor(old.created_by)
    file = f"handoffs/{number}.md"
    return Handoff(
        id=names.id_of(old.handoff_id),
        number=number,
        at=time_of(old.created_at) or "",
        by=by,
        holder=by.holder(),
        mode=old.mode,
        context_for=old.context_for,
        digest=old.context_hash or "",
        file=file,
        status=old.status,
        scope=old.scope,
        todo=names.ref_of(old.todo_id),
        run=names.ref_of(old.focus_run_id),
        intended_type=old.intended_actor_type,
        intended_name=old.intended_actor_name,
        intended_harness=old.intended_harness,
        summary=old.summary,
        next_action=old.next_action,
        claim_policy=old.lock_policy,
        source_run=names.ref_of(old.source_run_id),
        claimed_at=time_of(old.claimed_at),
        claimed_by=actor_of(old.claimed_by),
        claim_run=names.ref_of(old.claim_run_id),
    )


def convert_lock(names: Names, lock: OldLock) -> Claim:
    """A live lock as a claim."""
    by = known_actor(lock.holder)
    return Claim(
        id=names.id_of(lock.lock_id),
        holder=by.holder(),
        actor=by,
        at=time_of(lock.created_at) or "",
        until=time_of(lock.expires_at) or "",
        lease_s=lock.lease_seconds,
        stage=lock.stage,
        run=names.ref_of(lock.run_id),
        reason=lock.reason,
    )


def convert_links(names: Names, bundle: OldBundle, by: Actor) -> tuple[list[FileLink], list[UrlLink]]:
    """The files and the addresses that the task is linked to."""
    files, urls = [], []
    for link in bundle.links:
        at = time_of(link.created_at) or ""
        if "://" in link.path:
            urls.append(UrlLink(names.id_of(link.id), link.path, at, by, link.label))
        else:
            required = link.required_for_validation
            files.append(FileLink(names.id_of(link.id), link.path, at, by, link.kind, link.label, required))
    return files, urls
