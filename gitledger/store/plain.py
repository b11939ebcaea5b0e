"""A repository of the plain kind, read as files: so that a command that only reads need not load libgit2.

Whatever is out of the ordinary (an environment that names folders, includes in the configuration, extensions,
a foreign owner, a bare repository, a symbolic ref) is not guessed at: `find` answers None, `read_ref` and
`list_refs` raise NotPlain, and libgit2 is asked instead.
"""

from collections.abc import Iterator, Mapping

import os
import re

from gitledger.store.settings import environment_settings

_NAMED = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_CEILING_DIRECTORIES", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")
_SECTION = re.compile(r'\[\s*([A-Za-z0-9.-]+)(?:\s+"((?:[^"\\\n]|\\["\\])*)")?\s*\]\s*')
_ENTRY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)\s*(=\s*|(?=[#;]|$))")
_OID = re.compile(r"[0-9a-f]{40}")


class NotPlain(Exception):
    """This is out of the ordinary; ask libgit2."""


class Plain:
    """Folders (absolute text) and settings of a plain repository with a work tree."""

    def __init__(self, git_dir: str, common_dir: str, work_tree: str, settings: dict[str, str]) -> None:
        self.git_dir = git_dir
        self.common_dir = common_dir
        self.work_tree = work_tree
        self.settings = settings


def find(path: str, environ: Mapping[str, str]) -> Plain | None:
    """The repository around `path`, or None where it, or the environment, is out of the ordinary."""
    if any(environ.get(name) for name in _NAMED):
        return None
    try:
        work_tree = _around(os.path.realpath(path))
        if work_tree is None:
            return None
        git_dir = _git_dir(os.path.join(work_tree, ".git"))
        common_dir = _common_dir(git_dir)
        found = _settings(common_dir, environ)
    except (NotPlain, OSError, UnicodeError):
        return None
    return Plain(git_dir, common_dir, work_tree, found)


def _around(path: str) -> str | None:
    device = os.stat(path).st_dev
    while True:
        if os.path.lexists(os.path.join(path, ".git")):
            return path
        if os.path.exists(os.path.join(path, "HEAD")):  # inside a git folder, or a bare repository
            return None
        above = os.path.dirname(path)
        if above == path or os.stat(above).st_dev != device:
            return None
        path = above


def _git_dir(path: str) -> str:
    if not os.path.isdir(path):
        with open(path, encoding="utf-8") as file:
            text = file.read(4096)
        if not text.startswith("gitdir: "):
            raise NotPlain
        path = os.path.join(os.path.dirname(path), text.removeprefix("gitdir: ").rstrip("\n"))
    path = os.path.realpath(path)
    owner = os.stat(path).st_uid
    if owner != os.geteuid() or not os.path.exists(os.path.join(path, "HEAD")):
        raise NotPlain
    return path


def _common_dir(git_dir: str) -> str:
    try:
        with open(os.path.join(git_dir, "commondir"), encoding="utf-8") as file:
            common = os.path.realpath(os.path.join(git_dir, file.read(4096).strip()))
    except FileNotFoundError:
        common = git_dir
    if not os.path.isdir(os.path.join(common, "objects")) or not os.path.isdir(os.path.join(common, "refs")):
        raise NotPlain
    return common


# ---------------------------------------------------------------------------------------------- settings


def _settings(common_dir: str, environ: Mapping[str, str]) -> dict[str, str]:
    """All settings in force, of the files that git reads and of the environment."""
    found: dict[str, str] = {}
    for path in _user_files(environ):
        found |= read_config(path)
    own = read_config(os.path.join(common_dir, "config"))
    if any(name.startswith("extensions.") for name in own) or own.get("core.repositoryformatversion", "0") != "0":
        raise NotPlain
    if own.get("core.bare", "false") != "false" or "core.worktree" in own:
        raise NotPlain
    return found | own | environment_settings(environ)


def _user_files(environ: Mapping[str, str]) -> Iterator[str]:
    if environ.get("GIT_CONFIG_NOSYSTEM", "").lower() in ("", "0", "false", "no", "off"):
        system = environ.get("GIT_CONFIG_SYSTEM")
        if system is None:
            # libgit2 knows better than we do where else a build of git keeps it.
            system = "/etc/gitconfig"
            if not os.path.exists(system) and os.name != "posix":
                raise NotPlain
        yield system
    if "GIT_CONFIG_GLOBAL" in environ:
        yield environ["GIT_CONFIG_GLOBAL"]
        return
    home = environ.get("HOME")
    if not home:
        raise NotPlain
    yield os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config"), "git", "config")
    yield os.path.join(home, ".gitconfig")


def read_config(path: str) -> dict[str, str]:
    """The settings of one configuration file; empty where there is none. Raises NotPlain where it includes others."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read(1 << 20)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    found: dict[str, str] = {}
    prefix = ""
    lines = iter(text.split("\n"))
    for line in lines:
        line = line.strip()
        section = _SECTION.match(line)
        if section is not None:
            name, subsection = section[1].lower(), section[2]
            if name in ("include", "includeif"):
                raise NotPlain
            middle = "" if subsection is None else re.sub(r"\\(.)", r"\1", subsection) + "."
            prefix, line = f"{name}.{middle}", line[section.end() :]
        if not line or line[0] in "#;":
            continue
        entry = _ENTRY.match(line)
        if entry is None or not prefix:
            raise NotPlain
        has_value = entry[2].startswith("=")
        value = _value(line[entry.end() :], lines) if has_value else "true"
        found[prefix + entry[1].lower()] = value
    return found


_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", '"': '"', "\\": "\\"}


def _value(text: str, lines: Iterator[str]) -> str:
    """A value: quotes and escapes undone, the comment after it dropped, lines that end in a backslash joined."""
    value, kept, in_quotes, place = "", 0, False, 0
    while place < len(text):
        char = text[place]
        place += 1
        if char == "\\":
            if place == len(text):
                text, place = next(lines, ""), 0
                continue
            if text[place] not in _ESCAPES:
                raise NotPlain
            value += _ESCAPES[text[place]]
            place += 1
            kept = len(value)
        elif char == '"':
            in_quotes = not in_quotes
            kept = len(value)
        elif char in "#;" and not in_quotes:
            break
        else:
            value += char
            if in_quotes or not char.isspace():
                kept = len(value)
    if in_quotes:
        raise NotPlain
    return value[:kept]


# ---------------------------------------------------------------------------------------------- refs


def read_ref(common_dir: str, ref: str) -> str | None:
    """The object id of a ref; None where there is no such ref. Raises NotPlain where it is not a plain one."""
    try:
        with open(os.path.join(common_dir, *ref.split("/")), encoding="ascii") as file:
            text = file.read(256)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return _packed(common_dir).get(ref)
    except (OSError, UnicodeError) as error:
        raise NotPlain from error
    return _oid(text)


def list_refs(common_dir: str, namespace: str) -> dict[str, str]:
    """Every ref below `namespace` (which ends in a slash) with its object id."""
    found = {ref: oid for ref, oid in _packed(common_dir).items() if ref.startswith(namespace)}
    top = os.path.join(common_dir, *namespace.rstrip("/").split("/"))
    for folder, _, names in os.walk(top):
        for name in names:
            ref = namespace + os.path.relpath(os.path.join(folder, name), top).replace(os.sep, "/")
            oid = None if name.endswith(".lock") else read_ref(common_dir, ref)
            if oid is not None:
                found[ref] = oid
    return dict(sorted(found.items()))


def _packed(common_dir: str) -> dict[str, str]:
    try:
        with open(os.path.join(common_dir, "packed-refs"), encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise NotPlain from error
    pairs = (line.split(" ", 1) for line in lines if line and line[0] not in "#^")
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and _OID.fullmatch(pair[0])}


def _oid(text: str) -> str:
    oid = text.rstrip("\n")
    if not _OID.fullmatch(oid):
        raise NotPlain
    return oid


def is_valid_ref(ref: str) -> bool:
    """Whether git takes `ref` for the name of a ref (git-check-ref-format)."""
    parts = ref.split("/")
    return (
        len(parts) > 1
        and all(part and not part.startswith(".") and not part.endswith(".lock") for part in parts)
        and not ref.endswith(".")
        and ".." not in ref
        and "@{" not in ref
        and not any(char in " ~^:?*[\\\x7f" or ord(char) < 32 for char in ref)
    )
