"""The commit message of an entry: one line for `git log`, and trailers that hold ids only (design §9)."""

from collections.abc import Sequence

import unicodedata

from gitledger.model.task import Actor

WHAT_WIDTH = 60
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def visible(text: str, width: int = WHAT_WIDTH) -> str:
    """`text` on one line, at most `width` characters, control and bidirectional characters as `\\xNN`."""
    shown: list[str] = []
    for char in " ".join(text.split()):
        if char in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp"):
            code = ord(char)
            char = f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
        shown.append(char)
    line = "".join(shown)
    return line if len(line) <= width else line[: width - 1] + "…"


def trailer_value(text: str) -> str:
    """`text` as one token of a trailer: letters, digits and `._:@/+-`, everything else percent-encoded."""
    return "".join(
        char if char.isascii() and (char.isalnum() or char in "._:@/+-") else "".join(f"%{b:02x}" for b in char.encode("utf-8", "replace"))
        for char in text
    )


def entry_message(
    command: str, *, task_id: str | None, what: str, uids: Sequence[str], actor: Actor
) -> str:
    """`todo done: task-0030 …`, a blank line, and the trailers."""
    subject = f"{command}: " + " ".join(part for part in (task_id, visible(what)) if part)
    trailers = [f"Ledger-Op: {trailer_value(command.replace(' ', '.'))}"]
    trailers += [f"Ledger-Task: {trailer_value(uid)}" for uid in uids]
    trailers.append(f"Ledger-Actor: {trailer_value(f'{actor.type}:{actor.name}')}")
    if actor.session:
        trailers.append(f"Ledger-Session: {trailer_value(actor.session)}")
    return subject.rstrip() + "\n\n" + "\n".join(trailers) + "\n"
