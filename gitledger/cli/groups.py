"""The command tree: a noun's module is imported when the noun is named, help comes from the table alone."""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from gitledger.errors import InvalidInput
from gitledger.ops._registry import NOUNS, ROOTS

if TYPE_CHECKING:
    from gitledger.ops._base import Operation

PROGRAM = "gitledger"

# Commands that are no operations: name → (`module:attribute` of a click command, help line).
# Such a command finds the `Session` in `context.obj`: `.open()`, `.answer(view)`, `.console`.
HANDWRITTEN: dict[str, tuple[str, str]] = {
    "demo": ("gitledger.cli.demo:demo", "Run the main job on a throw-away repository, and show every command."),
    "schema": ("gitledger.cli.schema:schema", "The JSON Schema of what a command takes and answers."),
    "serve": ("gitledger.cli.serve:serve", "Serve a dashboard of the ledger to your browser."),
    "mcp": ("gitledger.cli.mcp:mcp", "Serve agents over the Model Context Protocol."),
    "completion": ("gitledger.cli.completion:completion", "Print the script that completes commands, tasks and todos in your shell."),
    "setup": ("gitledger.cli.setup:setup", "Tell a client of the MCP server, in its configuration file."),
}

SETTINGS: dict[str, Any] = {"max_content_width": 100}


class LazyGroup(click.Group):
    """A group that knows its commands by name and help line, and loads one when it is asked for."""

    def lines(self) -> Iterable[tuple[str, list[tuple[str, str]]]]:
        """(section, [(name, help line)])."""
        raise NotImplementedError

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for _, commands in self.lines() for name, _ in commands]

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str, click.Command, list[str]]:
        name = args[0]
        path = [] if ctx.parent is None else [ctx.info_name or ""]
        if name not in self.list_commands(ctx):
            raise unknown_command(path, name, self.list_commands(ctx))
        command = self.get_command(ctx, name)
        assert command is not None
        ctx.find_root().obj.command = ".".join([*path, name])
        return name, command, args[1:]

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """The commands that begin so, from the table: none is loaded."""
        from click.shell_completion import CompletionItem

        named = [pair for _, commands in self.lines() for pair in commands if pair[0].startswith(incomplete)]
        return [*(CompletionItem(name, help=line) for name, line in named), *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section, commands in self.lines():
            with formatter.section(section):
                formatter.write_dl(commands)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        from gitledger.cli.help import help_option

        return help_option(self)


class Root(LazyGroup):
    """The program."""

    def lines(self) -> Iterable[tuple[str, list[tuple[str, str]]]]:
        yield "Commands", [(name, line) for name, (_, line) in ROOTS.items()]
        yield "Commands by noun", [(name, line) for name, (_, line) in NOUNS.items()]
        if HANDWRITTEN:
            yield "More", [(name, line) for name, (_, line) in HANDWRITTEN.items()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in HANDWRITTEN:
            module, _, attribute = HANDWRITTEN[cmd_name][0].partition(":")
            return getattr(import_module(module), attribute)
        if cmd_name in NOUNS:
            return Noun(cmd_name)
        if cmd_name in ROOTS:
            return command_of(cmd_name, "")
        return None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str, click.Command, list[str]]:
        from gitledger.ops._registry import verbs_apart

        # `tree` draws; `tree create` is a command of its own.
        if args[0] in ROOTS and args[1:2] and args[1] in verbs_apart(args[0]):
            return args[0], Noun(args[0]), args[1:]
        return super().resolve_command(ctx, args)


class Noun(LazyGroup):
    """The commands of one noun. Building it imports the noun's module; verbs that live apart are imported when named."""

    def __init__(self, noun: str) -> None:
        from gitledger.ops._registry import own_operations, verbs_apart

        _, line = NOUNS.get(noun) or ROOTS[noun]
        super().__init__(noun, help=line, no_args_is_help=True, subcommand_metavar="COMMAND [ARGS]...")
        self.operations = own_operations(noun) if noun in NOUNS else {}
        self.apart = verbs_apart(noun)

    def lines(self) -> Iterable[tuple[str, list[tuple[str, str]]]]:
        operations = {verb: self.operation(verb) for verb in self.list_commands(None)}
        yield "Commands", [(verb, (op.__doc__ or "").partition("\n")[0]) for verb, op in operations.items() if op]

    def list_commands(self, ctx: click.Context | None) -> list[str]:
        return [*self.operations, *self.apart]

    def operation(self, verb: str) -> "type[Operation] | None":
        """The operation of a verb; None where there is none."""
        from gitledger.ops._registry import operation_apart

        return operation_apart(self.name or "", verb) if verb in self.apart else self.operations.get(verb)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from gitledger.cli.build import build_command

        op = self.operation(cmd_name)
        return None if op is None else build_command(op)


def command_of(name: str, verb: str) -> click.Command:
    """The command of one operation: a root command, or a noun's verb."""
    from gitledger.cli.build import build_command
    from gitledger.ops._registry import operation_at, verbs_apart

    op = operation_at(name, verb)
    assert op is not None  # the table has it
    command = build_command(op)
    if name in ROOTS and verbs_apart(name):
        command.epilog = "See also: " + ", ".join(f"{PROGRAM} {name} {verb}" for verb in verbs_apart(name)) + "."
    return command


# ---------------------------------------------------------------------------------------------- unknown words


def unknown_command(path: list[str], word: str, known: list[str]) -> InvalidInput:
    """The refusal of a command that does not exist, with those that were probably meant."""
    meant = close_commands(path, word, known)
    asked = " ".join([PROGRAM, *path, word])
    message = f"{asked!r} is not a gitledger command."
    if meant:
        message += " Did you mean " + " or ".join(repr(" ".join((PROGRAM, *words))) for words in meant[:3]) + "?"
    return InvalidInput(
        message,
        code="UNKNOWN_COMMAND",
        hint=(PROGRAM, *(meant[0] if meant else path), "--help"),
        details={"did_you_mean": [" ".join(words) for words in meant[:3]]},
    )


def close_commands(path: list[str], word: str, known: list[str]) -> list[tuple[str, ...]]:
    """Commands that `word` may have meant: some noun's verb (`create` → `task create`), else what is spelled alike."""
    from difflib import get_close_matches

    if not path:
        from gitledger.ops._registry import all_operations

        commands = [tuple(op.command.split()) for op in all_operations()]
        verbs = [words for words in commands if words[-1] == word.lower()]
        if verbs:
            return verbs
    return [(*path, name) for name in get_close_matches(word.lower(), known, n=3, cutoff=0.6)]


def root_command() -> Root:
    """The program as a click command; `context.obj` is the `Session`."""

    @click.pass_context
    def begin(context: click.Context, /, **options: Any) -> None:
        context.obj.place(**options)

    return Root(
        PROGRAM,
        callback=begin,
        no_args_is_help=True,
        subcommand_metavar="COMMAND [ARGS]...",
        help="Keep the tasks of a project, their plans and their proof inside its git repository.",
        epilog="'gitledger COMMAND --help' explains a command. '--json' works anywhere on the line.",
        context_settings=SETTINGS,
        params=[
            click.Option(
                ["--root"],
                metavar="PATH",
                help="The repository to work in, or any folder inside it.",
                shell_complete=offer_words,
            ),
            click.Option(["--cwd"], metavar="PATH", help="Another name for --root.", shell_complete=offer_words),
            click.Option(
                ["-C", "changed"],
                metavar="PATH",
                multiple=True,
                help="Run as if started in PATH, as git does.",
                shell_complete=offer_words,
            ),
            click.Option(
                ["--ledger"],
                metavar="NAME",
                help="The ledger to work in, instead of the branch's.",
                shell_complete=offer_words,
            ),
            click.Option(
                ["--at"],
                metavar="WHEN",
                help="Read the ledger as it was at an entry (its commit id) or a date; also after the command.",
            ),
            click.Option(
                ["--request-id"],
                metavar="KEY",
                help="A key for this request: said again with it, what was recorded is not recorded twice.",
            ),
            click.Option(["--json", "as_json"], is_flag=True, expose_value=False, help="Answer in JSON."),
            version_option(),
        ],
    )


def offer_words(context: click.Context, param: click.Parameter, start: str) -> list[Any]:
    """What a shell is offered for a parameter; loaded when somebody asks."""
    from gitledger.cli.completing import offers

    return offers(context, param, start)


def version_option() -> click.Option:
    """`--version`."""

    def answer(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            from gitledger.cli.failure import version

            ctx.obj.say_version(version())
            ctx.exit()

    return click.Option(
        ["--version"], is_flag=True, is_eager=True, expose_value=False, callback=answer, help="Show the version."
    )
