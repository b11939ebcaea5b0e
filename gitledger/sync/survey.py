"""How a ledger stands to a remote as far as was last seen, and the refspec that lets plain git fetch it."""

from gitledger.git import Git
from gitledger.git.remote import read_config, set_config
from gitledger.ledger import Ledger
from gitledger.model.task import Task
from gitledger.ops._views import actor_view
from gitledger.ops.sync import RemoteSetup, RemoteStatus, UnpublishedClaim, UnpublishedTask
from gitledger.store import meeting, memory, tracking
from gitledger.store.ancestry import Distance
from gitledger.store.content import read_record
from gitledger.store.folders import folders_by_task
from gitledger.store.objects import read_commit
from gitledger.sync.remote import Remote


def survey(ledger: Ledger, remote: Remote) -> RemoteStatus:
    """Compare the current ledger with the tracking ref; nothing is asked over the network."""
    repo = ledger.repo
    tips = tracking.tracked(repo, remote.name)
    known = memory.recall(repo, remote.name)
    ours, published = ledger.tip, tips.get(ledger.name)
    apart = _distance(ledger, ours, published)
    tasks: list[UnpublishedTask] = []
    claims: list[UnpublishedClaim] = []
    if ours is not None and ours != published:
        tasks, claims = _unpublished(ledger, ours, published)
    local = repo.ledgers()
    return RemoteStatus(
        ledger=ledger.name,
        remote=remote.name,
        url=repo.setting(f"remote.{remote.name}.url"),
        namespace=remote.namespace,
        is_set_up=_is_set_up(ledger, remote),
        last_sync=known.last_sync,
        tip=ours,
        published=published,
        ahead=apart.ahead,
        behind=apart.behind,
        tasks=tasks,
        claims=claims,
        ledgers=sorted(tips),
        remote_only=sorted(tips.keys() - local.keys()),
        gone=sorted((known.known.keys() - tips.keys()) & local.keys()) if known.namespace == remote.namespace else [],
    )


def _distance(ledger: Ledger, ours: str | None, published: str | None) -> Distance:
    if ours is None or published is None:
        counted = meeting.entries_over(ledger.repo, ours, None) if ours is not None else 0
        return Distance(counted, 0)
    return meeting.distance(ledger.repo, ours, published)


def _unpublished(
    ledger: Ledger, ours: str, published: str | None
) -> tuple[list[UnpublishedTask], list[UnpublishedClaim]]:
    pg = ledger.repo.pg
    new = read_commit(pg, ours).tree_id
    old = read_commit(pg, published).tree_id if published is not None else None
    before = folders_by_task(pg, old, new) if old is not None else {}
    tasks, claims = [], []
    for uid12, folders in folders_by_task(pg, new, old).items():
        task, _ = read_record(pg, *folders[0])
        known: Task | None = read_record(pg, *before[uid12][0])[0] if uid12 in before else None
        if known is not None and not set(task.heads) - set(known.heads):
            continue  # Only the remote has something new here.
        tasks.append(UnpublishedTask(uid=task.uid, task_id=task.id, title=task.title, is_new=known is None))
        seen = {claim.id for claim in known.claims} if known is not None else set()
        claims += [
            UnpublishedClaim(uid=task.uid, task_id=task.id, claim_id=claim.id, holder=actor_view(claim.actor))
            for claim in task.claims
            if claim.id not in seen
        ]
    return sorted(tasks, key=lambda task: task.task_id), sorted(claims, key=lambda claim: claim.task_id)


def _is_set_up(ledger: Ledger, remote: Remote) -> bool:
    from gitledger.store.repo import NAMESPACE

    wanted = remote.lasting_refspec.lstrip("+")
    git = Git(ledger.repo.git_dir, ledger.repo.common_dir, ledger.repo.work_tree, ledger.config.environ)
    held = [refspec.lstrip("+") for refspec in read_config(git, f"remote.{remote.name}.fetch")]
    return wanted in held or wanted.replace(remote.namespace + "/", NAMESPACE) in held


def set_up(ledger: Ledger, git: Git, remote: Remote) -> RemoteSetup:
    """Add the refspec, where it is not there yet."""
    setting = f"remote.{remote.name}.fetch"
    was_there = _is_set_up(ledger, remote)
    if not was_there:
        set_config(git, setting, remote.lasting_refspec)
        ledger.repo.forget_settings()
    return RemoteSetup(remote=remote.name, setting=setting, refspec=remote.lasting_refspec, changed=not was_there)
