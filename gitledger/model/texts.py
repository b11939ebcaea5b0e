"""The text files of a task's subtree: their names, and how title and description share `task.md`."""

import re

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def task_md(title: str, description: str) -> str:
    """`task.md`: the title as a heading, then the description."""
    body = description.rstrip("\n")
    return f"# {title}\n\n{body}\n" if body else f"# {title}\n"


def split_task_md(text: str) -> tuple[str, str]:
    """Title and description as `task_md` joined them."""
    heading, _, rest = text.partition("\n")
    return heading.removeprefix("# "), rest.removeprefix("\n").removesuffix("\n")


def text_file(text: str) -> str:
    """`text` with exactly one final newline."""
    return text.rstrip("\n") + "\n"


def without_escapes(text: str) -> str:
    """`text` without what a terminal could obey: escape sequences, control and bidirectional characters. Line ends and tabs stay."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def encode_name(name: str) -> str:
    """A key as a file name: `[a-z0-9_-]`, everything else percent-encoded; bounded in length."""
    encoded = re.sub(
        r"[^a-z0-9_-]", lambda found: "".join(f"%{byte:02x}" for byte in found[0].encode("utf-8", "surrogatepass")), name
    )
    if len(encoded) <= 120:
        return encoded or "%"
    from gitledger.model.digest import sha256

    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    # `%-` stands in no name that was encoded whole, so that no short key can take a long one's file.
    return f"{encoded[:100].rpartition('%')[0] or encoded[:80]}%-{digest}"
