"""Which paths the `files` of a plan name: each entry is a path, a folder, or a glob as .gitignore has them."""

from collections.abc import Iterable

import re

MAX_STARS = 8


def outside(paths: Iterable[str], entries: Iterable[str]) -> list[str]:
    """Those of the paths, from the top of the work tree, that no entry names, in their order."""
    patterns = [re.compile(pattern) for entry in entries if (pattern := _pattern(entry)) is not None]
    return [path for path in paths if not any(pattern.fullmatch(path) for pattern in patterns)]


def _pattern(entry: str) -> str | None:
    """A regular expression for what an entry names; None for one that names nothing.

    In a glob `*` and `?` stay within a folder, `**` does not, and one without a slash fits at any depth. What is
    named may be a folder: all that is in it is named too.
    """
    path = re.sub(r"^(\./)+", "", entry.strip())
    anchored = path.startswith("/")
    path = path.strip("/")
    if path == ".":
        return r"(?s:.*)"
    # Backtracking costs more with each star; a plan is other people's text.
    if not path or path.count("*") > MAX_STARS:
        return None
    is_glob = any(char in path for char in "*?[")
    anywhere = "(?:.*/)?" if is_glob and not anchored and "/" not in path else ""
    return f"(?s:{anywhere}{_translated(path) if is_glob else re.escape(path)}(?:/.*)?)"


_TOKEN = re.compile(r"(?P<folders>(?:^|(?<=/))\*\*/)|(?P<all>\*\*)|(?P<some>\*)|(?P<one>\?)|\[(?P<set>[!^]?\]?[^\]/]*)\]|(?P<plain>.)", re.DOTALL)


def _translated(glob: str) -> str:
    said = ""
    for token in _TOKEN.finditer(glob):
        kind = token.lastgroup
        if kind == "folders":
            said += "(?:.*/)?"
        elif kind == "all":
            said += ".*"
        elif kind == "some":
            said += "[^/]*"
        elif kind == "one":
            said += "[^/]"
        elif kind == "set":
            said += _set(token["set"])
        else:
            said += re.escape(token[0])
    return said


def _set(inside: str) -> str:
    """`[a-z]` and `[!a-z]`; an empty or backward one fits nothing."""
    is_not = inside[:1] in ("!", "^")
    chars = inside[1:] if is_not else inside
    if not chars:
        return r"(?!)"
    said = "[" + ("^/" if is_not else "") + re.sub(r"([\\\[\]&~|^])", r"\\\1", chars) + "]"
    try:
        re.compile(said)
    except re.error:
        return r"(?!)"
    return said
