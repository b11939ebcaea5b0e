"""The wheel, and a fresh environment that it is installed in: what a user has, where a test needs just that."""

from pathlib import Path

import os
import subprocess
import sys
import sysconfig

ROOT = Path(__file__).parent.parent
TIMEOUT_S = 100


def run(*argv: str | Path, cwd: Path, environ: dict[str, str] | None = None) -> str:
    """The output of a child; it has to succeed."""
    done = subprocess.run(
        argv, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, f"{argv}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def build_wheel(out: Path) -> Path:
    """The wheel, built from this folder without the network."""
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    [built] = out.glob("*.whl")
    return built


class Installed:
    """A fresh virtual environment with the wheel in it, and how to run what it installed."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=wheel.parent)
        self.python = folder / "bin" / "python"
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(self.python))
        run(*pip, "install", "--quiet", "--no-index", "--no-deps", wheel, cwd=wheel.parent)
        # The dependencies are those of this environment; there may be no network to fetch them from.
        purelib = "import sysconfig; print(sysconfig.get_path('purelib'))"
        self.site = Path(run(self.python, "-c", purelib, cwd=folder).strip())
        theirs = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        (self.site / "dependencies.pth").write_text("\n".join(sorted(theirs)))

    def environ(self) -> dict[str, str]:
        """The environment of now, in which nothing leads to the sources."""
        hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        return {name: value for name, value in os.environ.items() if name not in hidden} | {"PATH": path}

    def __call__(self, *argv: str, cwd: Path) -> str:
        return run(*argv, cwd=cwd, environ=self.environ())
