"""The history of the source code as operations see it (`ops/_history.History`): libgit2 for facts, git for searches."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

import os
import re

from gitledger.errors import InvalidInput, StorageError
from gitledger.model import ids
from gitledger.model.noteline import NoteLine
from gitledger.ops._history import BlamedLines, ChangedPath, Changes, SourceCommit, Standing
from gitledger.store.repo import Repository

if TYPE_CHECKING:
    from gitledger.git import Git
    from gitledger.ledger.shell import Ledger

_ID = re.compile(r"[0-9a-f]{40}")


class SourceHistory:
    """The history of the repository that a ledger lives in. Nothing is kept from one question to the next but the default branch."""

    def __init__(self, ledger: "Ledger") -> None:
        self.repo: Repository = ledger.repo
        self._environ = ledger.config.environ
        self._path = ledger.path

    @cached_property
    def git(self) -> "Git":
        """The git command on this repository."""
        from gitledger.git.runner import Git

        return Git(self.repo.git_dir, self.repo.common_dir, self.repo.work_tree, self._environ)

    def resolve(self, revision: str) -> str:
        """The id of a revision; HEAD and whole ids without starting git, for a hook has no time."""
        from gitledger.store import source

        found = self.repo.head() if revision == "HEAD" else revision if _ID.fullmatch(revision) else None
        if found is not None and source.find_commit(self.repo, found) is not None:
            return found
        from gitledger.git import history

        return history.resolve_commit(self.git, revision)

    def commit(self, commit: str) -> SourceCommit | None:
        """A commit by its whole id; None where this repository has none."""
        from gitledger.store import source

        found = source.find_commit(self.repo, commit)
        if found is None:
            return None
        author, message = source.author_of(found), source.message_of(found)
        return SourceCommit(
            id=str(found.id),
            parents=tuple(str(parent) for parent in found.parent_ids),
            tree=str(found.tree_id),
            author=author.name,
            email=author.email,
            authored_at=author.at,
            committed_at=source.time_of(found.commit_time),
            subject=subject_of(message),
            message=message,
        )

    def changes(self, commit: str) -> Changes | None:
        """What a commit changed; None where objects of it are not here (a partial clone)."""
        from gitledger.store import source

        found = source.find_commit(self.repo, commit)
        if found is None:
            return None
        try:
            paths, total, stat = source.changed_paths(self.repo, found)
        except StorageError:
            return None
        return Changes(paths=tuple(ChangedPath(**path._asdict()) for path in paths), total=total, stat=stat)

    def pending(self, paths: Sequence[str] = ()) -> Changes | None:
        """What committing all now would change, untracked files too, of some paths only if given; None where git cannot tell."""
        from gitledger.git.uncommitted import list_uncommitted
        from gitledger.store import source

        try:
            found, lines = list_uncommitted(self.git, self.repo.head(), paths)
        except StorageError:
            return None
        changed = tuple(
            ChangedPath(
                path=source.quoted_bytes(change.path),
                kind="add" if change.is_new else "delete" if change.is_gone else "edit",
                before=change.before,
                after=change.after,
            )
            for change in found
        )
        return Changes(
            paths=changed[: source.MAX_PATHS],
            total=len(changed),
            stat=source.short_stat(len(changed), lines.added, lines.removed),
        )

    def amended(self, commit: str) -> str | None:
        """The commit that `git commit --amend` has just replaced by this one."""
        from gitledger.store import source

        return source.amended(self.repo, commit)

    # ---------------------------------------------------------------- notes

    def notes(self, commit: str) -> list[NoteLine]:
        """The lines of ledgers in a commit's note."""
        from gitledger.store.notelines import read_lines

        return read_lines(self.repo, commit)

    def noted(self, uid: str) -> list[str]:
        """The commits whose note names a task."""
        from gitledger.git import history
        from gitledger.store.source import find_commit
        from gitledger.store.tracking import NOTES, read_ref

        tip = read_ref(self.repo, NOTES)
        if tip is None or find_commit(self.repo, tip) is None:
            return []
        return history.noted_commits(self.git, tip, uid)

    # ---------------------------------------------------------------- logs

    def log(
        self, revisions: str | None = None, *, since: str | None = None, grep: Sequence[str] = (), limit: int = 0
    ) -> list[SourceCommit]:
        """Commits, newest first."""
        from gitledger.git import history
        from gitledger.store.source import time_of

        seconds = int(ids.parse_time(since).timestamp()) if since is not None else None
        return [
            SourceCommit(
                id=found.id,
                parents=found.parents,
                tree=found.tree,
                author=found.author,
                email=found.email,
                authored_at=time_of(found.authored),
                committed_at=time_of(found.committed),
                subject=subject_of(found.message),
                message=found.message,
            )
            for found in history.list_commits(self.git, revisions, since=seconds, grep=grep, limit=limit)
        ]

    def standing(self, commits: Iterable[str]) -> dict[str, Standing]:
        """Where each commit stands now."""
        from gitledger.git import history
        from gitledger.store.source import find_commit

        wanted = list(dict.fromkeys(commits))
        here = [commit for commit in wanted if find_commit(self.repo, commit) is not None]
        unreached = history.unreached(self.git, here)
        tips = self._default_tips
        unmerged = history.unreached(self.git, here, tips) if tips else set(here)
        return {
            commit: Standing(
                exists=commit in here,
                reachable=commit in here and commit not in unreached,
                merged=commit in here and commit not in unmerged,
            )
            for commit in wanted
        }

    @cached_property
    def default_branch(self) -> str | None:
        """The branch that work is merged into: the remote's HEAD, else `init.defaultBranch`, main, master, else the current one."""
        from gitledger.store.tracking import elected_remote, read_ref

        remote = elected_remote(self.repo) or "origin"
        named = self._remote_head(remote)
        if named is not None:
            return named
        for name in (self.repo.setting("init.defaultBranch"), "main", "master", self.repo.branch()):
            if name and read_ref(self.repo, f"refs/heads/{name}") is not None:
                return name
        return None

    def _remote_head(self, remote: str) -> str | None:
        prefix = f"ref: refs/remotes/{remote}/"
        try:
            with open(
                os.path.join(self.repo.common_dir, "refs", "remotes", remote, "HEAD"),
                encoding="utf-8",
                errors="replace",
            ) as file:
                text = file.read(4096).strip()
        except (OSError, ValueError):
            return None
        return text.removeprefix(prefix) if text.startswith(prefix) else None

    @property
    def _default_tips(self) -> list[str]:
        """Where the default branch stands, here and as last fetched."""
        from gitledger.store.tracking import elected_remote, read_ref

        name = self.default_branch
        if name is None:
            return []
        remote = elected_remote(self.repo) or "origin"
        found = (read_ref(self.repo, f"refs/{folder}/{name}") for folder in ("heads", f"remotes/{remote}"))
        return [tip for tip in found if tip is not None]

    # ---------------------------------------------------------------- lines and patches

    def blame(self, path: str, lines: tuple[int, int | None] | None, revision: str | None = None) -> list[BlamedLines]:
        """The lines of a file, named as seen from where the program was started, in groups of one commit."""
        from gitledger.git import history

        if revision is None and self.repo.is_bare:
            revision = self.resolve("HEAD")
        found = history.blame(self.git, self.inside(path), lines, revision)
        groups = groupby(enumerate(found), key=lambda pair: (pair[1].commit, pair[1].number - pair[0], pair[1].path))
        shown = []
        for (commit, _, then), pairs in groups:
            blamed = [line for _, line in pairs]
            shown.append(
                BlamedLines(commit=commit, first=blamed[0].number, lines=tuple(line.text for line in blamed), path=then)
            )
        return shown

    def inside(self, path: str) -> str:
        """The path from the top of the work tree; in a bare repository as it is."""
        top = self.repo.work_tree
        if top is None:
            return path
        folder = os.path.realpath(self._path)
        inside = os.path.relpath(os.path.normpath(os.path.join(folder, path)), top)
        if inside == ".." or inside.startswith("../") or os.path.isabs(inside):
            raise InvalidInput(f"{path!r} lies outside the work tree.", hint=("git", "ls-files"))
        return inside

    def patch_ids(self, commits: Iterable[str]) -> dict[str, str]:
        """The stable patch ids of commits."""
        from gitledger.git import history

        return history.patch_ids(self.git, commits)

    def branch_patch(self, tip: str) -> tuple[str, list[str]] | None:
        """The patch id of all that lies between the default branch and a commit, and those commits."""
        from gitledger.git import history

        for other in reversed(self._default_tips):
            base = history.merge_base(self.git, other, tip)
            if base is None or base == tip:
                continue
            patch = history.span_patch_id(self.git, base, tip)
            if patch is not None:
                return patch, history.list_span(self.git, base, tip)
        return None


def subject_of(message: str) -> str:
    """The first paragraph of a message on one line, as git takes it; at most 300 characters."""
    paragraph: list[str] = []
    for line in message.strip("\n").split("\n"):
        if not line.strip():
            break
        paragraph.append(line.strip())
    return " ".join(paragraph)[:300]
