"""The source trees that operations ask for (design §4, Freshness): told by git, once for each request, and never in its way."""

from collections.abc import Mapping, Sequence

import os

from gitledger.errors import StorageError
from gitledger.git import Git, changed_since, tree_ids
from gitledger.ops._facts import Trees
from gitledger.store.repo import Repository


def trees_of(repo: Repository, environ: Mapping[str, str], warnings: list[str], *, keep: bool) -> Trees:
    """The trees of the work tree. Unknown in a bare repository, and where git fails: then a warning says why."""
    if repo.work_tree is None:
        return Trees()
    try:
        tree, tree_all = tree_ids(_git(repo, environ), keep=keep)
    except StorageError as error:
        warnings.append(f"The source tree could not be told: {error.message}")
        return Trees()
    return Trees(tree=tree, tree_all=tree_all)


def changed_files(repo: Repository, environ: Mapping[str, str], trees: Sequence[str]) -> dict[str, list[str]]:
    """The files changed since each of the trees that this clone knows; nothing where git fails."""
    try:
        return changed_since(_git(repo, environ), trees)
    except StorageError:
        return {}


def lacking_paths(repo: Repository, paths: Sequence[str]) -> list[str]:
    """Those of the paths at which nothing lies in the work tree; in a bare repository, in HEAD's tree.

    The paths are other people's text: one that is absolute or leads out of the work tree is lacking, whatever lies there.
    """
    return [path for path in paths if not _is_within(path) or not _is_there(repo, path)]


def _is_within(path: str) -> bool:
    parts = path.split("/")
    return not os.path.isabs(path) and ".." not in parts and "" not in parts and "\0" not in path


def _is_there(repo: Repository, path: str) -> bool:
    if repo.work_tree is not None:
        return os.path.lexists(os.path.join(repo.work_tree, path))
    from gitledger.store.objects import read_commit
    from gitledger.store.tree import find

    head = repo.head()
    return head is not None and find(repo.pg, read_commit(repo.pg, head).tree_id, path) is not None


def _git(repo: Repository, environ: Mapping[str, str]) -> Git:
    return Git(repo.git_dir, repo.common_dir, repo.work_tree, environ)
