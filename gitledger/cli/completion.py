"""`gitledger completion`: print the script that lets a shell complete commands, options, tasks and their items."""

from pathlib import Path
from typing import Any, Literal

import click
from msgspec import Struct

from gitledger.cli.build import Argument, Command

SHELLS = ("bash", "zsh", "fish")


class CompletionScript(Struct):
    """The script of a shell."""

    shell: str
    script: str
    kind: Literal["completion_script"] = "completion_script"


def script_of(shell: str) -> CompletionScript:
    """The script of a shell in `SHELLS`."""
    path = Path(__file__).parent / "shells" / f"gitledger.{shell}"
    return CompletionScript(shell=shell, script=path.read_text("utf-8"))


@click.pass_obj
def _run(session: Any, /, shell: str) -> None:
    session.answer(script_of(shell))


completion = Command(
    "completion",
    callback=_run,
    params=[Argument(["shell"], type=click.Choice(SHELLS), metavar="SHELL", about="bash, zsh or fish.")],
    help="Print the script that completes commands, tasks and todos in your shell.\n\n"
    "Have the shell read it when it starts:\n\n"
    "  bash  eval \"$(gitledger completion bash)\"        in ~/.bashrc\n"
    "  zsh   eval \"$(gitledger completion zsh)\"         in ~/.zshrc, after compinit\n"
    "  fish  gitledger completion fish | source         in ~/.config/fish/config.fish",
)
