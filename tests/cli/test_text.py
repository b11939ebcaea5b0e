"""Text for a terminal: nothing that it would obey, and the right number of columns."""

import pytest

from gitledger.cli.text import clean, count, display_width, moment, one_line, truncate


@pytest.mark.parametrize("char", [chr(point) for point in [*range(9), *range(11, 32), *range(0x7F, 0xA0)]])
def test_no_control_character_survives(char):
    assert clean(f"a{char}b") == f"a\\x{ord(char):02x}b"


@pytest.mark.parametrize("point", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_no_bidirectional_control_survives(point):
    assert clean(chr(point)) == f"\\u{point:04x}"


def test_newlines_tabs_and_letters_stay():
    assert clean("a\n\tb é 漢 🙂\r\nc") == "a\n\tb é 漢 🙂\nc"
    assert one_line(" a\n\tb \x1b ") == "a b \\x1b"


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("abc", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("漢字", 4),
        ("🙂", 2),
        ("한글", 4),
        ("👩\u200d💻", 2),
        ("❤\ufe0f", 2),
        ("ﾊ", 1),
    ],
)
def test_width(text, width):
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("漢字漢字", 8, "漢字漢字"),
        ("漢字漢字", 7, "漢字漢…"),
        ("漢字漢字", 6, "漢字…"),
        ("ab cdef", 4, "ab…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
    ],
)
def test_truncate(text, width, shown):
    assert truncate(text, width) == shown
    assert display_width(truncate(text, width)) <= width


def test_words():
    assert (count(1, "task"), count(2, "task"), count(0, "entry", "entries")) == ("1 task", "2 tasks", "0 entries")
    assert moment("2026-11-20T10:15:00.123456Z") == "2026-11-20 10:15Z"
    assert moment(None) == ""
