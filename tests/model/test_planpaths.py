"""What the `files` of a plan name, and what they leave out."""

import pytest

from hypothesis import given
from hypothesis import strategies as st

from gitledger.model.planpaths import outside


@pytest.mark.parametrize(
    ("entry", "named", "left"),
    [
        ("src/parser.py", ["src/parser.py"], ["src/parser.pyc", "x/src/parser.py", "parser.py"]),
        ("./src/parser.py ", ["src/parser.py"], []),
        ("/src/parser.py", ["src/parser.py"], []),
        ("src", ["src", "src/a.py", "src/deep/b.py"], ["srcs/a.py", "x/src/a.py"]),
        ("src/", ["src/a.py"], ["srcs"]),
        (".", ["a", "b/c"], []),
        ("", [], ["a"]),
        ("/", [], ["a"]),
        ("*.py", ["a.py", "src/deep/a.py"], ["a.pyc", "a.py.txt"]),
        ("/*.py", ["a.py"], ["src/a.py"]),
        ("src/*.py", ["src/a.py"], ["src/deep/a.py", "x/src/a.py"]),
        ("src/**/*.py", ["src/a.py", "src/deep/er/a.py"], ["src/a.txt", "lib/a.py"]),
        ("src/**", ["src/a", "src/b/c"], ["lib/a"]),
        ("**/test_*.py", ["test_a.py", "tests/x/test_b.py"], ["tests/a.py"]),
        ("src/?.py", ["src/a.py"], ["src/ab.py", "src//.py"]),
        ("src/[ab].py", ["src/a.py"], ["src/c.py"]),
        ("src/[!ab].py", ["src/c.py"], ["src/a.py", "src//.py"]),
        ("docs/a b.md", ["docs/a b.md"], ["docs/a"]),
        ("a+b(c).py", ["a+b(c).py"], ["aab(c).py"]),
        ("[z-a]", [], ["z", "a"]),
        ("a[", [], ["a"]),
        ("*a" * 9, [], ["a" * 18]),
        ("Grüße/*", ["Grüße/ä\n.txt"], []),
    ],
)
def test_an_entry_names(entry, named, left):
    assert outside([*named, *left], [entry]) == left


def test_any_of_several_entries_will_do():
    assert outside(["a", "b", "c/d"], ["b", "c"]) == ["a"]
    assert outside(["b", "a"], []) == ["b", "a"]


@given(st.text(max_size=12), st.text(max_size=12))
def test_it_takes_anything(entry, path):
    assert outside([path], [entry]) in ([], [path])


@given(st.text(alphabet="ab/.-_ ü", min_size=1, max_size=12))
def test_a_path_names_itself(path):
    clean = path.strip("/ ")
    if clean and not clean.startswith("./"):
        assert outside([clean], [clean]) == []
