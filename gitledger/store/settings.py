"""Git's settings as one dictionary: names folded as git compares them, and those given by environment."""

from collections.abc import Iterator, Mapping


def fold_name(name: str) -> str:
    """A setting's name as git compares it: section and last word in lower case, the part between as it is."""
    section, dot, rest = name.partition(".")
    middle, last_dot, last = rest.rpartition(".")
    return section.lower() + dot + middle + last_dot + last.lower()


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
    parameters = environ.get("GIT_CONFIG_PARAMETERS")
    if not parameters:
        return
    import shlex

    try:
        words = shlex.split(parameters)
    except ValueError:
        return
    for word in words:
        name, equals, value = word.partition("=")
        yield name, value if equals else "true"
