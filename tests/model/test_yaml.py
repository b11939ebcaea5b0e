"""The door to YAML: what comes through, as what, and what stays outside."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitledger.errors import InvalidInput, LedgerError
from gitledger.model import yaml


def load(text, **options):
    return yaml.load(text, what="the plan file plan.md", **options)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing\n", None),
        ("a: 1", {"a": 1}),
        ("a: -12", {"a": -12}),
        ("a: true", {"a": True}),
        ("a: no", {"a": False}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("a: 2024-01-01", {"a": "2024-01-01"}),
        ("a: 2024-01-01T10:00:00Z", {"a": "2024-01-01T10:00:00Z"}),
        ("a: 1.0", {"a": "1.0"}),
        ("a: .inf", {"a": ".inf"}),
        ("a: 1e3", {"a": "1e3"}),
        ("a: 010", {"a": "010"}),
        ("a: 0x1f", {"a": "0x1f"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 12:30", {"a": "12:30"}),
        ("a: 9999999999999999", {"a": "9999999999999999"}),
        ("a: 'yes'", {"a": "yes"}),
        ('a: "1"', {"a": "1"}),
        ("a: =", {"a": "="}),
        ("a: !!str 5", {"a": "5"}),
        ("a: ! 5", {"a": "5"}),
        ("a: !!int 5", {"a": 5}),
        ("a: !!float 5.0", {"a": "5.0"}),
        ("a: |\n  one\n  two\n", {"a": "one\ntwo\n"}),
        ("- a\n- [b, {c: d}]\n", ["a", ["b", {"c": "d"}]]),
        ("1: a\nyes: b\n2024-01-01: c", {"1": "a", "yes": "b", "2024-01-01": "c"}),
        (b"\xef\xbb\xbfa: \xc3\xa4", {"a": "ä"}),
        ("just text", "just text"),
        ("a: 😀", {"a": "😀"}),
    ],
)
def test_what_comes_through(text, value):
    assert load(text) == value
    assert type(load(text)) is type(value)


def test_with_strings_every_scalar_is_what_was_written():
    text = "q-0001: yes\nq-0002: 5\nq-0003: 1.50\nq-0004:\nq-0005: null\nq-0006: [on, 'off']\n"
    assert load(text, strings=True) == {
        "q-0001": "yes",
        "q-0002": "5",
        "q-0003": "1.50",
        "q-0004": "",
        "q-0005": "null",
        "q-0006": ["on", "off"],
    }


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("a: &x 1", 1, 4, "anchors"),
        ("a: 1\nb: *x", 2, 4, "aliases"),
        ("a: 1\n\n  \nb: 2\na: 3", 5, 1, "the key 'a' is given twice"),
        ("1: a\n'1': b", 2, 1, "given twice"),
        ("<<: {a: 1}", 1, 1, "merge keys"),
        ("a: !!python/object/apply:os.system [x]", 1, 4, "not supported"),
        ("a: !!binary aGk=", 1, 4, "not supported"),
        ("a: !mine 1", 1, 4, "not supported"),
        ("a: !!int x", 1, 4, "!!int"),
        ("!!set {a, b}", 1, 1, "not supported"),
        ("a: 1\n---\nb: 2", 2, 1, "second document"),
        ("? [a]\n: b", 1, 3, "a list cannot be a key"),
        ("a: [1", 2, 1, "expected"),
        ("a: b: c", 1, 5, "mapping values are not allowed"),
        ("a: x\n\tb: y", 2, 1, ""),
        ("a: 1\nb: \x07", 2, 4, "U+0007"),
        ("a: \ud800", 1, 4, "U+D800"),
        (b"a: 1\nb: \xff", 2, 4, "not UTF-8"),
        ("a: 'x", 1, 6, "unexpected end"),
    ],
)
def test_what_stays_outside_is_named_with_its_place(text, line, column, problem):
    with pytest.raises(InvalidInput) as caught:
        load(text)
    assert caught.value.exit_code == 2
    assert problem in caught.value.message
    assert caught.value.message.startswith("the plan file plan.md, line ")
    assert caught.value.details["line"] == line
    if problem:
        assert abs(caught.value.details["column"] - column) <= (1 if "end" in problem else 0)


def test_lines_count_from_the_first_line_of_the_file():
    with pytest.raises(InvalidInput) as caught:
        load("a: 1\na: 2", first_line=2)
    assert caught.value.details["line"] == 3


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000, "{a: " * 100_000, "? " * 200_000, "[{a: " * 100_000])
def test_nesting_has_a_bottom(text):
    with pytest.raises(InvalidInput, match="levels|cannot be a key|not allowed"):
        load(text)


def test_fifty_levels_are_read():
    value = load("[" * 50 + "]" * 50)
    for _ in range(49):
        value = value[0]
    assert value == []


def test_more_than_a_mebibyte_is_not_read():
    assert load("a" * (1 << 20)) == "a" * (1 << 20)
    with pytest.raises(InvalidInput, match="too many"):
        load("a" * ((1 << 20) + 1))
    with pytest.raises(InvalidInput, match="too many"):
        load("ä" * (1 << 19) + "a")


def test_a_mebibyte_is_read_in_seconds():
    began = time.monotonic()
    load("- a\n" * 260_000)
    load("".join(f"k{number}: 1\n" for number in range(80_000)))
    assert time.monotonic() - began < 10


def test_the_c_parser_and_the_python_parser_agree(monkeypatch):
    text = "a: [1, yes, ~, 2.0, 'x']\nb: {c: |\n    t\n  }\n".replace("|\n    t\n  ", "t")
    fast = load(text)
    monkeypatch.setattr(yaml, "_Loader", yaml.yaml.SafeLoader)
    assert load(text) == fast == {"a": [1, True, None, "2.0", "x"], "b": {"c": "t"}}
    with pytest.raises(InvalidInput, match="levels"):
        load("[" * 5_000)


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdefgh-0123456789", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(_PLAIN)
def test_what_a_yaml_writer_wrote_comes_back(value):
    import yaml as writer

    assert load(writer.safe_dump(value, allow_unicode=True)) == value


@given(st.text(max_size=200) | st.binary(max_size=200), st.booleans())
def test_any_input_is_read_or_refused(text, strings):
    try:
        load(text, strings=strings)
    except LedgerError as error:
        assert error.code == "INVALID_INPUT"


@given(st.text("ab:-?[]{}!&*'\"|>%@# \n\t,<.~1", max_size=60), st.booleans())
def test_anything_that_looks_like_yaml_is_read_or_refused(text, strings):
    try:
        load(text, strings=strings)
    except InvalidInput as error:
        assert error.details["line"] >= 1 and error.details["column"] >= 1
