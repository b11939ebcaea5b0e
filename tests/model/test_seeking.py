"""The words of a query, and what is shown of a find."""

import pytest

from gitledger.model.seeking import FIELDS, Term, find_plainly, marks_of, parse_query


def document(**fields: str) -> dict[str, str]:
    return dict.fromkeys(FIELDS, "") | fields


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("parser", [Term(("parser",))]),
        ("two words  two", [Term(("two",)), Term(("words",))]),
        ('"side by side" x', [Term(("side", "by", "side"), True), Term(("x",))]),
        ('"never closed', [Term(("never", "closed"), True)]),
        ("snake_case src/parser.py", [Term(("snake", "case")), Term(("src", "parser", "py"))]),
        ("caf\u0065\u0301s", [Term(("cafés",))]),
        ('NEAR(a b) OR -c* "" ^d', [Term(("NEAR", "a")), Term(("b",)), Term(("OR",)), Term(("c",)), Term(("d",))]),
        ("*** -- ' \x00\x1b \U0001f600", []),
    ],
)
def test_only_letters_and_digits_of_a_query_count(query: str, terms: list[Term]):
    assert parse_query(query) == terms


@pytest.mark.parametrize(
    ("query", "text", "is_there"),
    [
        ("pars", "The parser", True),
        ("arser", "The parser", False),
        ('"pars"', "The parser", False),
        ('"the parser"', "The   PARSER!", True),
        ('"parser the"', "The parser", False),
        ("cafe", "Café", True),
        ("CAFÉ", "cafe", True),
        ("foo_ba", "call foo.bar()", True),
        ("one two", "two and nothing more", False),
    ],
)
def test_what_matches(query: str, text: str, is_there: bool):
    assert bool(find_plainly([("1", document(title=text))], parse_query(query))) is is_there


def test_terms_may_stand_in_different_fields_and_the_title_counts_most():
    found = find_plainly(
        [
            ("notes", document(description="Lexer", notes="Ask about the parser.")),
            ("title", document(title="Parser", plans="lexer")),
            ("none", document(title="Parser")),
        ],
        parse_query("parser lexer"),
    )
    assert [find.uid for find in found] == ["title", "notes"]
    assert [find.field for find in found] == ["plans", "description"]


def test_a_piece_is_short_and_marked():
    (find,) = find_plainly([("1", document(description="x " * 500 + "the needle\nis here " + "y " * 500))], parse_query("needle here"))
    plain, marks = marks_of(find.piece)
    assert [plain[start:end] for start, end in marks] == ["needle", "here"]
    assert len(plain) < 200 and "\n" not in plain and plain[0] == plain[-1] == "…"


@pytest.mark.parametrize("piece", ["\x02a", "a\x03b", "\x02\x03", "a\x02b\x02c\x03d\x03", ""])
def test_odd_marks_do_no_harm(piece: str):
    plain, marks = marks_of(piece)
    assert not {"\x02", "\x03"} & set(plain) and all(0 <= start < end <= len(plain) for start, end in marks)
