"""What a search looks for and where: the words of a query, the fields of a task, and the piece of text that is shown of a find."""

from collections.abc import Callable, Iterable

import re
import unicodedata

from msgspec import Struct

from gitledger.model.task import Task
from gitledger.model.texts import split_task_md, without_escapes

# The fields of a task that are searched, each with how much a find in it counts.
WEIGHTS = {"title": 10.0, "labels": 6.0, "description": 4.0, "todos": 2.0, "notes": 2.0, "plans": 1.0}
FIELDS = tuple(WEIGHTS)

# Around what was found, in a piece of text; no text that is searched holds them.
BEGIN, END = "\x02", "\x03"

MOST_TERMS, LONGEST = 32, 1000  # of a query
_AROUND = 60  # characters of text on each side of what was found

_WORD = re.compile(r"[^\W_]+")
_PIECE = re.compile(r'"([^"]*)"?|(\S+)')
_SPACES = re.compile(r"\s+")


class Term(Struct, frozen=True):
    """Words that stand side by side; of the last one the beginning is enough, unless they were quoted."""

    words: tuple[str, ...]
    is_whole: bool = False


class Sought(Struct, frozen=True, kw_only=True):
    """A question: all terms must occur in a task; `limit` 0 is no limit."""

    terms: tuple[Term, ...]
    archived: bool = False
    limit: int = 0


class Find(Struct, frozen=True, kw_only=True):
    """A task that matches: how well (higher is better), and a piece of the field that shows it, with marks around the words."""

    uid: str
    score: float
    field: str
    piece: str


Document = dict[str, str]


def parse_query(query: str) -> list[Term]:
    """The terms of a query: words, and phrases in double quotes. Everything but letters and digits only parts words."""
    found = []
    for match in _PIECE.finditer(unicodedata.normalize("NFC", query)):
        is_quoted = match[1] is not None
        words = tuple(_WORD.findall(match[1] if is_quoted else match[2]))
        if words:
            found.append(Term(words, is_quoted))
    return list(dict.fromkeys(found))


def document_of(task: Task, text: Callable[[str], str]) -> Document:
    """What is searched of a task, by field; `text` reads a file of its folder."""
    description = split_task_md(text("task.md"))[1]
    parts = {
        "title": [task.title],
        "labels": task.labels,
        "description": [task.summary, description],
        "todos": [todo.text for todo in task.live_todos()],
        "notes": [part for note in task.notes for part in (note.key, text(note.file))],
        "plans": [part for plan in reversed(task.plans) for part in (plan.goal, text(plan.file))],
    }
    return {field: without_escapes("\n".join(filter(None, parts[field]))) for field in FIELDS}


def marks_of(piece: str) -> tuple[str, list[tuple[int, int]]]:
    """A piece of text on one line without its marks, and where they were: start and end, in characters."""
    plain, marks = "", []
    for place, part in enumerate(_SPACES.sub(" ", piece).strip().split(BEGIN)):
        found, end, rest = part.partition(END)
        if place and end and found:
            marks.append((len(plain), len(plain) + len(found)))
        plain += found + rest.replace(END, "")
    return plain, marks


# ---------------------------------------------------------------------------------------------- without an index


def find_plainly(documents: Iterable[tuple[str, Document]], terms: Iterable[Term]) -> list[Find]:
    """The tasks (uid and document) that match, the best first: word by word, where there is nothing that was prepared."""
    patterns = [_pattern(term) for term in terms]
    found = (_match(uid, document, patterns) for uid, document in documents)
    return sorted((find for find in found if find is not None), key=lambda find: -find.score)


def _match(uid: str, document: Document, patterns: list[re.Pattern[str]]) -> Find | None:
    folded = {field: _fold(text) for field, text in document.items() if text}
    if not all(any(pattern.search(text) for text in folded.values()) for pattern in patterns):
        return None
    score, shown = 0.0, ""
    for field, text in folded.items():
        many = sum(len(pattern.findall(text)) for pattern in patterns)
        score += WEIGHTS[field] * many / (1 + len(text) / 1000)
        # The title is shown anyway.
        if many and (not shown or shown == "title"):
            shown = field
    return Find(uid=uid, score=score, field=shown, piece=_piece(document[shown], folded[shown], patterns))


def _pattern(term: Term) -> re.Pattern[str]:
    words = r"[\W_]+".join(re.escape(_fold(word)) for word in term.words)
    return re.compile(rf"(?<![^\W_]){words}" + (r"(?![^\W_])" if term.is_whole else ""))


def _fold(text: str) -> str:
    """`text` in lower case without accents, character by character as long as before."""
    if text.isascii():
        return text.lower()
    return "".join((unicodedata.normalize("NFD", char)[:1].lower() or char)[:1] for char in text)


def _piece(text: str, folded: str, patterns: list[re.Pattern[str]]) -> str:
    """What stands around the first find, with marks around every one in it."""
    places = sorted(match.span() for pattern in patterns for match in pattern.finditer(folded))
    first = places[0][0]
    start, stop = max(0, first - _AROUND), first + _AROUND
    made, at = "…" if start else "", start
    for begin, end in places:
        if at <= begin and end <= stop:
            made += f"{text[at:begin]}{BEGIN}{text[begin:end]}{END}"
            at = end
    return made + text[at:stop] + ("…" if stop < len(text) else "")
