"""Git's settings as one dictionary: system, user, repository, work tree, and those given by environment."""

from collections.abc import Iterator, Mapping

import os
import shlex

import pygit2
from pygit2.enums import ConfigLevel


def fold_name(name: str) -> str:
    """A setting's name as git compares it: section and last word in lower case, the part between as it is."""
    section, dot, rest = name.partition(".")
    middle, last_dot, last = rest.rpartition(".")
    return section.lower() + dot + middle + last_dot + last.lower()


def read_settings(pg: pygit2.Repository, common_dir: str, environ: Mapping[str, str]) -> dict[str, str]:
    """All settings in force; of several values of one name the last, as git takes it."""
    found = _collect(_layers(pg, common_dir, environ))
    found.update(environment_settings(environ))
    return found


def read_file(path: str) -> dict[str, str]:
    """The settings of one file; empty where it cannot be read."""
    config = pygit2.Config()
    try:
        config.add_file(path, ConfigLevel.LOCAL)
        return _collect(config)
    except (pygit2.GitError, OSError):
        return {}


def environment_settings(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings given by `GIT_CONFIG_COUNT` and by `git -c`, which libgit2 does not read."""
    return dict((fold_name(name), value) for name, value in _given(environ))


def trusts_every_owner(environ: Mapping[str, str]) -> bool:
    """Whether the environment says `safe.directory=*`."""
    return any(fold_name(name) == "safe.directory" and value == "*" for name, value in _given(environ))


def _given(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    count = environ.get("GIT_CONFIG_COUNT", "")
    for number in range(int(count) if count.isdecimal() and len(count) < 5 else 0):
        name = environ.get(f"GIT_CONFIG_KEY_{number}")
        if name:
            yield name, environ.get(f"GIT_CONFIG_VALUE_{number}", "")
    try:
        words = shlex.split(environ.get("GIT_CONFIG_PARAMETERS", ""))
    except ValueError:
        return
    for word in words:
        name, equals, value = word.partition("=")
        yield name, value if equals else "true"


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
