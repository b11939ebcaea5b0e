"""The repository through libgit2: opened, its settings layered, its refs resolved. Loaded when plain files do not do."""

from collections.abc import Mapping

import os

import pygit2
from pygit2.enums import ConfigLevel, RepositoryOpenFlag

from gitledger.errors import StorageError
from gitledger.store import settings
from gitledger.store.objects import read_blob, read_commit
from gitledger.store.tree import find_entry

FILE_MODES = (0o100644, 0o100755)


def open_git_dir(git_dir: str, common_dir: str, environ: Mapping[str, str]) -> pygit2.Repository:
    """The repository of this git folder. Raises StorageError that says why libgit2 does not open it."""
    try:
        return _open(git_dir, environ)
    except (pygit2.GitError, OSError) as error:
        from gitledger.store.discovery import explain

        raise explain(git_dir, common_dir) from error


def _open(git_dir: str, environ: Mapping[str, str]) -> pygit2.Repository:
    if not settings.trusts_every_owner(environ):
        return pygit2.Repository(git_dir, RepositoryOpenFlag.NO_SEARCH)
    # libgit2 ignores `safe.directory` given by environment, as containers and CI give it; git honours it.
    was = pygit2.option(pygit2.enums.Option.GET_OWNER_VALIDATION)
    pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, 0)
    try:
        return pygit2.Repository(git_dir, RepositoryOpenFlag.NO_SEARCH)
    finally:
        pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, was)


def work_tree_of(pg: pygit2.Repository, path: str, environ: Mapping[str, str]) -> str | None:
    """The work tree, absolute; None where the repository is bare."""
    named = environ.get("GIT_WORK_TREE")
    if named:
        return os.path.realpath(os.path.join(path, named))
    if pg.is_bare:
        return None
    if environ.get("GIT_DIR") and "core.worktree" not in pg.config:
        return os.path.realpath(path)
    return os.path.realpath(pg.workdir) if pg.workdir else None


def resolve(pg: pygit2.Repository, ref: str) -> str | None:
    """The commit id that `ref` leads to; None where there is no such ref, or it cannot be read."""
    try:
        return str(pg.lookup_reference(ref).resolve().target)
    except (pygit2.GitError, KeyError, OSError, UnicodeError):
        return None


def tip_of(pg: pygit2.Repository, ref: str) -> str | None:
    """The commit id that a ledger's ref leads to; None where there is no such ref."""
    try:
        return str(pg.lookup_reference(ref).resolve().target)
    except KeyError:
        return None
    except (pygit2.GitError, OSError) as error:
        raise StorageError(
            f"The ref {ref} cannot be read; a crash may have truncated it.",
            code="STORAGE_CORRUPTION",
            hint=("git", "fsck"),
            remediation=(f"Set {ref} to the last known tip, from a remote or another clone.",),
            details={"ref": ref},
        ) from error


def refs_below(pg: pygit2.Repository, namespace: str) -> dict[str, str]:
    """Every ref below `namespace` with its commit id; those that cannot be read are left out."""
    names = (os.fsdecode(raw) for raw in pg.raw_listall_references())
    found = {name: resolve(pg, name) for name in sorted(names) if name.startswith(namespace)}
    return {name: tip for name, tip in found.items() if tip is not None}


def file_at(pg: pygit2.Repository, commit: str, path: str) -> bytes | None:
    """A plain file of a commit's tree by its path; None where there is none."""
    entry = find_entry(pg, read_commit(pg, commit).tree_id, path)
    return read_blob(pg, entry.oid) if entry is not None and entry.mode in FILE_MODES else None


# ---------------------------------------------------------------------------------------------- settings


def read_settings(pg: pygit2.Repository, common_dir: str, environ: Mapping[str, str]) -> dict[str, str]:
    """All settings in force; of several values of one name the last, as git takes it."""
    try:
        found = _collect(_layers(pg, common_dir, environ))
    except (pygit2.GitError, OSError) as error:
        from gitledger.store.discovery import bad_config

        raise bad_config() from error
    found.update(settings.environment_settings(environ))
    return found


def read_file(path: str) -> dict[str, str]:
    """The settings of one file; empty where it cannot be read."""
    try:
        return collect_file(path)
    except (pygit2.GitError, OSError):
        return {}


def collect_file(path: str) -> dict[str, str]:
    """The settings of one file. Raises what libgit2 raises."""
    config = pygit2.Config()
    config.add_file(path, ConfigLevel.LOCAL)
    return _collect(config)


def _layers(pg: pygit2.Repository, common_dir: str, environ: Mapping[str, str]) -> pygit2.Config:
    if not any(environ.get(name) for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")):
        return pg.config
    # libgit2 reads these three only from the process environment. Built by hand, conditional includes
    # by folder (`includeIf "gitdir:"`) do not apply: nobody who replaces the files so relies on them.
    config = pygit2.Config()
    user = environ.get("GIT_CONFIG_GLOBAL") or os.path.join(environ.get("HOME", ""), ".gitconfig")
    layers = [(user, ConfigLevel.GLOBAL), (os.path.join(common_dir, "config"), ConfigLevel.LOCAL)]
    if environ.get("GIT_CONFIG_NOSYSTEM", "").lower() in ("", "0", "false", "no", "off"):
        layers.append((environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig", ConfigLevel.SYSTEM))
    layers.append((os.path.join(pg.path, "config.worktree"), ConfigLevel.WORKTREE))
    for path, level in layers:
        if os.path.isfile(path):
            config.add_file(path, level)
    return config


def _collect(config: pygit2.Config) -> dict[str, str]:
    # Entries come from the lowest level to the highest, and in the order of the file.
    found: dict[str, str] = {}
    try:
        for entry in config:
            found[entry.name] = "true" if entry.value is None else entry.value
    except UnicodeDecodeError:
        return found
    return found
