"""The wheel: it holds what it needs and nothing else, and what it installs works, `git ledger` included."""

from pathlib import Path
from zipfile import ZipFile

import tomllib

import pytest

from tests.installed import ROOT, run

pytestmark = pytest.mark.slow


def test_the_wheel_holds_the_package_its_licence_and_no_test(wheel):
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "gitledger").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not [name for name in names if "tests/" in name or "test_" in name or "__pycache__" in name]
    assert all(name.startswith(("gitledger/", "gitledger-")) for name in names)


def test_the_wheel_says_what_it_needs(wheel):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(name).decode().splitlines()
    needs = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    assert sorted(need.partition(";")[0].split("<")[0].split(">")[0] for need in needs if "extra ==" not in need) == sorted(
        need.split("<")[0].split(">")[0] for need in project["dependencies"]
    )
    assert f"Version: {project['version']}" in lines
    assert f"Requires-Python: {project['requires-python']}" in lines


def test_what_is_installed_is_what_runs(installed, tmp_path):
    where = installed(str(installed.python), "-c", "import gitledger; print(gitledger.__file__)", cwd=tmp_path).strip()
    assert Path(where).is_relative_to(installed.site)


def test_the_scripts_run_and_git_finds_its_command(installed, repo):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert installed("gitledger", "--version", cwd=repo.path) == f"gitledger {version}\n"
    assert installed("git", "ledger", "init", cwd=repo.path).startswith("started ledger main")
    assert installed("git-ledger", "task", "list", cwd=repo.path) == "no tasks\n"
    assert installed("git", "ledger", "status", cwd=repo.path).startswith("ledger main")
    assert repo.git("status", "--short") == ""


def test_the_hooks_are_in_it_and_work(installed, wheel, repo):
    with ZipFile(wheel) as archive:
        shipped = {Path(name).name: archive.read(name) for name in archive.namelist() if name.startswith("gitledger/_hooks/")}
    assert shipped == {path.name: path.read_bytes() for path in (ROOT / "hooks").iterdir()}
    for words in (["init"], ["task", "create", "One"], ["task", "activate", "1"], ["hooks", "install"], ["hooks", "status"]):
        said = installed("gitledger", *words, cwd=repo.path)
    assert said.startswith("hooks work")
    installed("git", "commit", "--quiet", "--allow-empty", "-m", "One", cwd=repo.path)
    assert "Task: task-0001" in repo.git("log", "-1", "--format=%(trailers)")
    assert '"number":"task-0001"' in repo.git("notes", "--ref=taskledger", "show", "HEAD")


def test_the_files_of_the_dashboard_are_in_it(wheel):
    with ZipFile(wheel) as archive:
        start = "gitledger/web/static/"
        shipped = {name.removeprefix(start): archive.read(name) for name in archive.namelist() if name.startswith(start)}
    assert shipped == {path.name: path.read_bytes() for path in (ROOT / "gitledger" / "web" / "static").iterdir()}
    assert "index.html" in shipped


def test_the_demo_runs(installed, tmp_path):
    said = installed("gitledger", "demo", "shown", cwd=tmp_path)
    project = tmp_path / "shown" / "project"
    assert f"The repository is in {project}." in said
    entries = run("git", "log", "--format=%s", "refs/taskledger/main", cwd=project).splitlines()
    assert any(line.startswith("validate finish: task-0001") for line in entries) and entries[-1].startswith("init:")
