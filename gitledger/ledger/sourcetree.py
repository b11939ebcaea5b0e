"""The source trees that operations ask for (design §4, Freshness): told by git, once for each request, and never in its way."""

from collections.abc import Mapping, Sequence

from gitledger.errors import StorageError
from gitledger.git import Git, changed_since, tree_ids
from gitledger.ops._base import Trees
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


def _git(repo: Repository, environ: Mapping[str, str]) -> Git:
    return Git(repo.git_dir, repo.common_dir, repo.work_tree, environ)
