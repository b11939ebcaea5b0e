"""What a terminal gets: widths, colours, glyphs and a bar, and nothing that it would obey."""

import io

import pytest
from toys import Terminal

from gitledger.cli import console as module
from gitledger.cli.console import Console, Styled
from gitledger.cli.text import display_width


def lines(width=0, color=False, encoding=None, **environ):
    """A console on a stream, and a function that says what was written."""
    stream = Terminal() if width or color else io.StringIO()
    if encoding:
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    if not color:
        environ["NO_COLOR"] = "1"
    if width:
        environ["COLUMNS"] = str(width)
    made = Console(stream, io.StringIO(), environ)

    def written():
        if encoding:
            stream.flush()
            return stream.buffer.getvalue().decode(encoding).splitlines()
        return stream.getvalue().splitlines()

    return made, written


def test_a_table_fits_the_terminal():
    console, written = lines(width=40)
    rows = [["task-0001", "漢" * 40, "done"], ["task-0002", "short", "draft"]]
    console.table(rows, ["ID", "TITLE", "STATUS"], grow=1)
    shown = written()
    assert [display_width(line) for line in shown] == [40, 38, 39]
    assert shown[0].split() == ["ID", "TITLE", "STATUS"]
    assert shown[1] == "task-0001  " + "漢" * 10 + "…  done"
    assert shown[2].index("draft") == 11 + 21 + 2


def test_nothing_is_cut_off_a_terminal():
    console, written = lines()
    console.table([["a", "x" * 300, "b"]], grow=1)
    assert "x" * 300 in written()[0]


def test_empty_columns_vanish_and_lines_end_with_text():
    console, written = lines()
    console.table([["a", "", None, "b"], ["c", "", None, ""]], ["A", "B", "C", "D"])
    assert written() == ["A  D", "a  b", "c"]


def test_a_cell_is_one_line():
    console, written = lines()
    console.table([["a\nb\x1b", Styled("c\nd", "red")]])
    assert written() == ["a b\\x1b  c d"]


def test_fields_are_aligned_and_empty_ones_left_out():
    console, written = lines()
    console.fields([("id", "x"), ("status", "a\nb"), ("none", None), ("labels", []), ("done", False), ("n", 0)])
    assert written() == ["id:     x", "status: a", "        b", "done:   no", "n:      0"]


def test_colour_by_meaning():
    console, written = lines(color=True)
    console.line(console.status("failed"), " ", console.status("done"), " ", console.status("unheard"))
    assert written() == ["\x1b[31mfailed\x1b[0m \x1b[2mdone\x1b[0m unheard"]


def test_colour_does_not_let_hostile_text_through():
    console, written = lines(color=True)
    console.line(Styled("\x1b[0m", "red"))
    assert written() == ["\x1b[31m\\x1b[0m\x1b[0m"]


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_when_unwanted(environ):
    made = Console(Terminal(), Terminal(), environ)
    assert (made.color, made.err_color) == (False, False)


def test_colour_only_on_a_terminal_and_never_with_json():
    assert Console(Terminal(), Terminal(), {}).color is True
    assert Console(io.StringIO(), Terminal(), {}).color is False
    assert Console(io.StringIO(), Terminal(), {}).err_color is True
    assert Console(Terminal(), Terminal(), {}, json=True).color is False


def test_a_narrow_encoding_gets_plain_glyphs():
    console, written = lines(encoding="ascii")
    console.line("✓ a → b … é")
    assert written() == ["x a -> b ... \\xe9"]


def test_a_wide_encoding_keeps_them():
    console, written = lines(encoding="utf-8")
    console.line("✓ é")
    assert written() == ["✓ é"]


def test_progress(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    err = Terminal()
    advance = Console(io.StringIO(), err, {}).progress("index\x1b")
    advance(1, 10)
    assert err.getvalue() == ""
    now[0] = 0.31
    advance(5, 10)
    assert err.getvalue() == "\rindex\\x1b [" + "#" * 12 + "." * 12 + "] 5/10\x1b[K"
    advance(6, 10)
    assert err.getvalue().count("\r") == 1
    advance(10, 10)
    assert err.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(("err", "json"), [(io.StringIO(), False), (Terminal(), True)])
def test_no_progress_off_a_terminal_or_with_json(monkeypatch, err, json):
    now = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    advance = Console(io.StringIO(), err, {}, json=json).progress("index")
    now[0] = 9.0
    advance(1, 2)
    assert err.getvalue() == ""
