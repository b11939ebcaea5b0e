"""Ledgers follow the code: which belong to branches that were merged, or are being pushed."""

from collections.abc import Iterable, Sequence

import os

from msgspec import Struct

from gitledger.ledger.shell import Ledger, resolve_branch
from gitledger.store.ancestry import contains
from gitledger.store.repo import Repository
from gitledger.store.tracking import read_ref, refs_below


class Followed(Struct, frozen=True):
    """A ledger, and the branch whose it is (`feature-a`, or `origin/feature-a`)."""

    ledger: str
    branch: str


def ledgers_left_behind(ledger: Ledger, heads: Sequence[str] | None = None) -> list[Followed]:
    """The ledgers, by name, that the current one lacks although their branches are merged into HEAD, and were not before.

    Before is where ORIG_HEAD stands. With `heads`, those of branches that stand at these commits instead.
    """
    repo = ledger.repo
    own = ledger.tip
    apart = {
        name: tip for name, tip in repo.ledgers().items() if name != ledger.name and own is not None and not _has(repo, own, tip)
    }
    if not apart:
        return []
    now, before = repo.head(), _original(repo)
    found = {}
    for branch, tip, name in _branches(ledger):
        if name not in apart or name in found:
            continue
        if heads is not None and tip in heads:
            found[name] = branch
        elif heads is None and now is not None and tip != before and _has(repo, now, tip) and not _has(repo, before, tip):
            found[name] = branch
    return [Followed(name, branch) for name, branch in sorted(found.items())]


def ledgers_of(ledger: Ledger, branches: Iterable[str]) -> list[str]:
    """The ledgers, of those that there are, in which work on these branches goes on; each once, in order."""
    if ledger.config.ledger is not None:
        return [ledger.name] if ledger.tip is not None else []
    names = (resolve_branch(ledger.repo, ledger.config, branch)[0] for branch in branches)
    return [name for name in dict.fromkeys(names) if ledger.repo.tip(name) is not None]


def _branches(ledger: Ledger) -> list[tuple[str, str, str]]:
    """Every branch, here and as fetched, with its tip and its ledger: the configured one, else the one of its name."""
    repo = ledger.repo
    current = repo.branch()
    found = []
    for ref, tip in refs_below(repo, "refs/heads/").items():
        name = ref.removeprefix("refs/heads/")
        if name != current:
            found.append((name, tip, repo.setting(f"branch.{name}.taskledger") or name))
    for ref, tip in refs_below(repo, "refs/remotes/").items():
        remote, _, name = ref.removeprefix("refs/remotes/").partition("/")
        if name and name not in ("HEAD", current):
            found.append((f"{remote}/{name}", tip, repo.setting(f"branch.{name}.taskledger") or name))
    return found


def _original(repo: Repository) -> str | None:
    """Where HEAD was before the merge."""
    try:
        with open(os.path.join(repo.git_dir, "ORIG_HEAD"), encoding="ascii") as file:
            text = file.read(64).strip()
    except (OSError, UnicodeError):
        return None
    return text if len(text) == 40 else None


def _has(repo: Repository, tip: str | None, other: str) -> bool:
    return tip is not None and contains(repo.pg, tip, other)
