"""Which tasks a commit message names: its trailers, and those of the messages that a squash or a pick put into it."""

from collections.abc import Iterator

import re

from msgspec import Struct

from gitledger.model import ids
from gitledger.model.policy import Trailers

_UID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NUMBER = re.compile(r"task-[0-9]{1,9}")
# `commit <id>` is written by `git merge --squash`, the other by `git cherry-pick -x`.
_COMMIT = re.compile(r"^\s*(?:commit |\(cherry picked from commit )([0-9a-f]{40})\b", re.MULTILINE)
_MARK = re.compile(r"^\s*(?:[*+-]\s+)?")
_NOT_MANY = 200


class Mentions(Struct, frozen=True):
    """Task uids, and numbers that no uid was given with; each once, in order."""

    uids: tuple[str, ...]
    numbers: tuple[int, ...]


def mentions_in(message: str, trailers: Trailers) -> Mentions:
    """The tasks that the message names in any of its paragraphs.

    Git takes the last paragraph alone for trailers; the messages that a squash gathers stand above it, indented or as
    a list. A number beside a uid is left out: the uid decides, for a number may have changed hands.
    """
    said = list(_lines(message, trailers))
    uids = dict.fromkeys(value for is_id, value in said if is_id)
    alone: list[str] = []
    if sum(not is_id for is_id, _ in said) > sum(is_id for is_id, _ in said):
        # Number and uid come in pairs; a number that no uid follows stands alone.
        followed = [*(is_id for is_id, _ in said[1:]), False]
        alone = [value for (is_id, value), by_id in zip(said, followed, strict=True) if not is_id and not by_id]
    numbers = dict.fromkeys(number for value in alone if (number := ids.parse_task_number(value)) is not None)
    return Mentions(tuple(uids)[:_NOT_MANY], tuple(numbers)[:_NOT_MANY])


def _lines(message: str, trailers: Trailers) -> Iterator[tuple[bool, str]]:
    """(whether it is a uid, value) of every line with one of the two trailers; values of another form are left out."""
    for line in message.split("\n"):
        key, colon, value = line.partition(":")
        name, value = key.strip().lower(), value.strip().lower()
        if not colon or name not in (trailers.task.lower(), trailers.id.lower()):
            continue
        is_id = name == trailers.id.lower()
        if (_UID if is_id else _NUMBER).fullmatch(value):
            yield is_id, value


def named_commits(message: str) -> set[str]:
    """The ids of the commits that the message says it was squashed or picked from."""
    return set(_COMMIT.findall(message))


def has_line(message: str, subject: str) -> bool:
    """Whether a line of the body, without indentation and list mark, is this subject."""
    return bool(subject) and any(_MARK.sub("", line, count=1).strip() == subject for line in message.split("\n")[1:])
