"""`search --repo`, `grep`, `symbols` and `deps`: over the repository's own files as git sees them."""

from pathlib import Path

import os

import pytest

from gitledger.model import sourcecode
from tests.conftest import Cli, Mould, Repo

FILES = {
    "src/shop/__init__.py": "from shop import cart\n",
    "src/shop/cart.py": "from . import price\nfrom .price import Price as P\nimport os\n\n\nclass Cart:\n    def add_price(self):\n        pass\n",
    "src/shop/price.py": "class Price:\n    pass\n\n\nTAX = 7\n",
    "web/app.ts": 'import { total } from "./lib/total";\nexport interface App { name: string }\nexport enum Kind { A }\n',
    "web/lib/total.ts": "export function total(): number {\n  return 1;\n}\n",
    "native/include/door.h": "struct door { int open; };\n",
    "native/door.c": '#include "door.h"\n#include <stdio.h>\nint shut_door(void) { return 0; }\n',
    "addons/sale/__manifest__.py": "{'name': 'Sale', 'depends': ['base', 'mail']}\n",
    "docs/price.md": "Price list\nprice one\nPRICE two\nprice three\nprice four\n",
    "blob.bin": b"price\0\x01",
}


@pytest.fixture
def shop(mould: Mould, tmp_path: Path) -> Cli:
    """A repository with code in several languages, a ledger, and files that git does not track."""

    def make(folder: Path) -> None:
        repo = Repo(folder / "shop")
        repo.path.mkdir()
        repo.git("init", "--quiet", "-b", "main")
        for name, text in FILES.items():
            repo.write(name, text)
        repo.commit("Open the shop")
        Cli(repo.path)("init")

    mould.cast("shop", tmp_path, make)
    repo = Repo(tmp_path / "shop")
    repo.write("untracked.py", "class PriceOfNobody: pass\n")
    return Cli(repo.path)


def places(cli: Cli, *args: str) -> list[tuple[str, int | None, str | None]]:
    answer = cli(*args, "--json")
    assert answer.exit_code == 0, answer
    result = answer.json["result"]
    assert result["total"] is None or result["truncated"] == (len(result["matches"]) < result["total"])
    return [(match["path"], match["line"], match["symbol"] or match["text"]) for match in result["matches"]]


def test_grep_finds_lines_as_git_does(shop):
    assert places(shop, "grep", "^class ") == [("src/shop/cart.py", 6, "class Cart:"), ("src/shop/price.py", 1, "class Price:")]
    assert places(shop, "grep", "CLASS (cart|price)", "-i", "--repo", "src/shop/cart.py") == [("src/shop/cart.py", 6, "class Cart:")]
    assert places(shop, "grep", "(self)", "-F") == [("src/shop/cart.py", 7, "    def add_price(self):")]
    assert places(shop, "grep", "no such text") == []
    result = shop("grep", "price", "--limit", "2", "--json").json["result"]
    assert (len(result["matches"]), result["total"], result["truncated"]) == (2, 6, True)
    assert {match["repo"] for match in result["matches"]} == {"shop"}
    assert shop("grep", "price", "--limit", "1").stdout == "docs/price.md:2: price one\n1 of 6 places\n"
    assert places(Cli(shop.path / "src"), "grep", "TAX", "--repo", "shop") == [("src/shop/price.py", 5, "TAX = 7")]
    assert shop("grep", "x", "--repo", "..").exit_code == 2


def test_the_work_tree_or_a_commit(shop):
    repo = Repo(shop.path)
    repo.write("src/shop/price.py", "class Cost:\n    pass\n")
    assert places(shop, "symbols", "price", "--repo", "src/shop/price.py") == []
    assert places(shop, "symbols", "price", "--repo", "src/shop/price.py", "--revision", "main") == [("src/shop/price.py", 1, "Price")]
    assert places(shop, "grep", "Cost") == [("src/shop/price.py", 1, "class Cost:")]
    assert places(shop, "grep", "Cost", "--revision", "HEAD") == []
    assert shop("grep", "x", "--revision=--output=x").exit_code == 2
    os.unlink(shop.path / "src/shop/price.py")
    assert places(shop, "symbols", "cost") == []


def test_search_tells_paths_and_a_few_lines_of_each_file(shop):
    assert places(shop, "search", "PRICE", "--repo", ".") == [
        ("docs/price.md", None, None),
        ("src/shop/price.py", None, None),
        ("docs/price.md", 1, "Price list"),
        ("docs/price.md", 2, "price one"),
        ("docs/price.md", 3, "PRICE two"),
        ("src/shop/cart.py", 1, "from . import price"),
        ("src/shop/cart.py", 2, "from .price import Price as P"),
        ("src/shop/cart.py", 7, "    def add_price(self):"),
        ("src/shop/price.py", 1, "class Price:"),
    ]
    result = shop("search", "price", "--repo", ".", "--limit", "1", "--json").json["result"]
    assert "tasks" not in result and [match["kind"] for match in result["matches"]] == ["path"] and (result["total"], result["truncated"]) == (9, True)
    assert "matches" not in shop("search", "price", "--json").json["result"]


def test_symbols_are_told_by_their_definition(shop):
    assert places(shop, "symbols", "price") == [
        ("src/shop/price.py", 1, "Price"),
        ("src/shop/cart.py", 7, "add_price"),
    ]
    assert places(shop, "symbols", "door") == [("native/include/door.h", 1, "door"), ("native/door.c", 3, "shut_door")]
    assert places(shop, "symbols", "kind") == [("web/app.ts", 3, "Kind")]
    (match,) = shop("symbols", "total", "--json").json["result"]["matches"]
    assert match == {"repo": "shop", "path": "web/lib/total.ts", "kind": "symbol", "line": 1, "text": "export function total(): number {",
                     "symbol": "total", "symbol_kind": "function"}
    result = shop("symbols", "a", "--limit", "1", "--json").json["result"]
    assert len(result["matches"]) == 1 and result["truncated"] and result["total"] > 1


def dependencies(cli: Cli, *args: str) -> tuple[list[str], list[tuple[str, str | None]], list[str]]:
    result = cli("deps", *args, "--json").json["result"]
    imports = [(line["name"], line["target"]) for line in result["imports"]["items"]]
    return result["depends"], imports, [f"{line['path']}:{line['line']}" for line in result["imported_by"]["items"]]


def test_deps_follow_imports_both_ways(shop):
    price, cart = "src/shop/price.py", "src/shop/cart.py"
    assert dependencies(shop, cart) == (
        [".", ".price", "os"], [(".", price), (".price", price), ("os", None)], ["src/shop/__init__.py:1"]
    )
    assert dependencies(shop, "shop.price") == ([], [], [f"{cart}:1", f"{cart}:2"])
    assert dependencies(shop, "web/app.ts") == (["./lib/total"], [("./lib/total", "web/lib/total.ts")], [])
    assert dependencies(shop, "native/door.c")[1] == [("door.h", "native/include/door.h"), ("<stdio.h>", None)]
    assert dependencies(shop, "native/include/door.h", "--revision", "HEAD")[2] == ["native/door.c:1"]
    assert dependencies(Cli(shop.path / "src"), "shop")[1] == [("shop", cart)]
    assert dependencies(shop, "addons/sale")[0] == ["base", "mail"]
    result = shop("deps", "addons/sale", "--json").json["result"]
    assert (result["repo"], result["module_name"], result["manifest_path"]) == ("shop", "sale", "addons/sale/__manifest__.py")
    assert shop("deps", "untracked.py").exit_code == 5
    limited = shop("deps", price, "--limit", "1", "--json").json["result"]["imported_by"]
    assert (len(limited["items"]), limited["total"], limited["truncated"]) == (1, 2, True)


def test_a_manifest_is_read_and_never_run(shop):
    Repo(shop.path).write("addons/sale/__manifest__.py", "__import__('os').mkdir('pwned')\n")
    assert shop("deps", "addons/sale", "--json").json["error"]["code"] == "VALIDATION"
    assert not (shop.path / "pwned").exists()


def test_odd_files_are_left_alone(shop, tmp_path):
    repo = Repo(shop.path)
    (tmp_path / "secret.py").write_text("class SecretPrice: pass\n")
    (shop.path / "link.py").symlink_to(tmp_path / "secret.py")
    repo.write("wide.py", "class WidePrice: pass  # " + "x" * 2_000_000 + "\n")
    repo.write("broken.py", b"class BrokenPrice(:\xff\xfe\n  def (\n")
    repo.write("a\nb.py", "class NewlinePrice: pass\n")
    repo.write(b"caf\xe9.py".decode("utf-8", "surrogateescape"), "class CafePrice: pass\n")
    repo.git("add", "-A")
    names = [symbol for _, _, symbol in places(shop, "symbols", "price")]
    assert "SecretPrice" not in names and "WidePrice" not in names and "CafePrice" in names
    paths = [path for path, _, _ in places(shop, "symbols", "cafeprice")]
    assert paths == ['"caf\\351.py"']
    (line,) = [text for path, _, text in places(shop, "grep", "WidePrice") if path == "wide.py"]
    assert 100 < len(line) <= 4096


def test_a_bare_repository_and_one_without_a_ledger(shop, cli_in, tmp_path, make_repo):
    Repo(tmp_path).git("clone", "--quiet", "--bare", str(shop.path), str(tmp_path / "bare.git"))
    bare = cli_in(tmp_path / "bare.git")
    assert places(bare, "symbols", "cart") == [("src/shop/cart.py", 6, "Cart")]
    assert dependencies(bare, "web/app.ts")[1] == [("./lib/total", "web/lib/total.ts")]
    fresh = make_repo("fresh", commit=False)
    fresh.write("a.py", "class Fresh: pass\n")
    fresh.git("add", "a.py")
    assert places(cli_in(fresh.path), "grep", "Fresh") == [("a.py", 1, "class Fresh: pass")]
    assert cli_in(fresh.path)("grep", "x", "--revision", "HEAD").exit_code == 5


def test_without_the_parser_it_says_what_to_install(shop, monkeypatch):
    monkeypatch.setattr(sourcecode, "find_spec", lambda name: None)
    for command in ("symbols", "deps"):
        error = shop(command, "src/shop/cart.py", "--json").json["error"]
        assert (error["code"], error["exit_code"]) == ("EXTRA_MISSING", 6)
        assert error["remediation"] == ["python -m pip install 'gitledger[symbols]'"]


CODE = {
    "python": (b"import os, a.b as c\nfrom .x import y, z as w\nclass A:\n  def m(self): pass\n", "A m", "os a.b .x"),
    "javascript": (b'import a from "./a.js"; export * from "./b";\nconst c=require("c"); import("./d");\nclass K { m(){} }\n', "K m", "./a.js ./b ./d c"),
    "typescript": (b'import {x} from "./a";\ninterface I { a: string }\nenum E {A}\ntype T = string;\n', "I E T", "./a"),
    "tsx": (b'import x from "y";\nfunction W() { return <a/> }', "W", "y"),
    "go": (b'package p\nimport ("fmt"; x "a/b")\ntype T struct{}\nfunc (t T) M() {}\n', "T M", "fmt a/b"),
    "rust": (b"use a::b; mod c;\nstruct S; fn f() {}", "c S f", "a::b c"),
    "java": (b"import a.b.C; class A { void m() {} }", "A m", "a.b.C"),
    "c": (b'#include "x.h"\n#include <y.h>\nint f(void) { return 1; }\n', "f", "x.h <y.h>"),
    "cpp": (b'#include "x.hpp"\nclass C { };\nvoid C::m() {}\n', "C m", "x.hpp"),
    "ruby": (b'require "a"\nrequire_relative "b"\nclass A\n def m; end\nend\n', "A m", "a b"),
    "php": (b"<?php\nuse A\\B;\nclass C { function m() {} }\n", "C m", "A\\B"),
}


@pytest.mark.parametrize("language", sourcecode.GRAMMARS)
def test_every_language_has_its_symbols_and_imports(language):
    code, symbols, imports = CODE[language]
    assert {symbol.name for symbol in sourcecode.symbols_in(code, language)} == {*symbols.split()}
    assert {found.name for found in sourcecode.imports_in(code, language)} == {*imports.split()}
