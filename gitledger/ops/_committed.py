"""The commits of a task from everywhere that says so: links, notes, changes and messages, and where each stands now."""

from gitledger.model.mentions import mentions_in
from gitledger.model.task import Task
from gitledger.ops._commit_views import ListedCommit
from gitledger.ops._history import SourceCommit, Standing
from gitledger.ops._linking import link_of
from gitledger.ops._ties import CHANGE, EVENT, NOTE, TRAILER, Ties
from gitledger.ops._views import ref_of, run_ref
from gitledger.ops._work_views import SHORT_COMMIT
from gitledger.ops._world import World


def commits_of(world: World, task: Task) -> list[ListedCommit]:
    """Every commit of the task, newest first.

    A commit that somebody unlinked is none of them, whatever its message goes on to say; nor is one that was
    rewritten and that only its note remembers.
    """
    origins, facts = _origins(world, task)
    standing = world.commits.standing(origins)
    ties = Ties(world)
    found = []
    for commit, places in origins.items():
        if EVENT not in places and ties.was_unlinked(world.ledger, task.uid, commit):
            continue
        if places == [NOTE] and not standing[commit].reachable:
            continue
        fact = facts.get(commit) or world.commits.commit(commit)
        is_recorded = bool({EVENT, CHANGE} & set(places)) or (NOTE in places and ties.vouches(task, commit))
        found.append(_listed(task, commit, fact, places, is_recorded, standing[commit]))
    return sorted(found, key=lambda item: (item.authored_at or item.at or "", item.commit), reverse=True)


def _origins(world: World, task: Task) -> tuple[dict[str, list[str]], dict[str, SourceCommit]]:
    """Where each commit is known from, the surest first; and what reading the messages told of commits."""
    origins: dict[str, list[str]] = {link.commit: [EVENT] for link in task.commits}
    for commit in world.commits.noted(task.uid):
        origins.setdefault(commit, []).append(NOTE)
    for change in task.changes:
        if change.commit is not None and CHANGE not in origins.setdefault(change.commit, []):
            origins[change.commit].append(CHANGE)
    facts = {}
    ties = Ties(world)
    for fact in world.commits.log(grep=[task.uid, task.id]):
        if task.uid in ties.mentioned(mentions_in(fact.message, world.policy.trailers)):
            origins.setdefault(fact.id, []).append(TRAILER)
            facts[fact.id] = fact
    return origins, facts


def _listed(
    task: Task, commit: str, fact: SourceCommit | None, places: list[str], is_recorded: bool, stands: Standing
) -> ListedCommit:
    link = link_of(task, commit)
    change = next((change for change in task.changes if change.commit == commit), None)
    return ListedCommit(
        commit=commit,
        short=commit[:SHORT_COMMIT],
        subject=fact.subject if fact is not None else link.summary if link is not None else "",
        author=fact.author if fact is not None else None,
        authored_at=fact.authored_at if fact is not None else None,
        known="recorded" if is_recorded else "claimed",
        known_from=places,
        source=link.source if link is not None else None,
        exists=stands.exists,
        reachable=stands.reachable,
        merged=stands.merged,
        at=link.at if link is not None else None,
        run=run_ref(task, link.run) if link is not None else None,
        change=ref_of(task.changes, change) if change is not None else None,
        event=link.id if link is not None else None,
    )
