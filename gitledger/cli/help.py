"""How help is asked for and laid out: `-h` and `--help` on every command, answered by the session."""

import click


def help_option(command: click.Command) -> click.Option:
    """`--help`, said by the session instead of echoed by click."""

    def answer(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            ctx.find_root().obj.say_help(ctx.get_help())
            ctx.exit()

    if command._help_option is None:
        command._help_option = click.Option(
            ["-h", "--help"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=answer,
            help="Show this help.",
        )
    return command._help_option


def write_help_text(text: str, formatter: click.HelpFormatter) -> None:
    """Docstring paragraphs, wrapped; paragraphs with indented or list lines stay as they are."""
    for paragraph in text.split("\n\n"):
        formatter.write_paragraph()
        with formatter.indentation():
            lines = paragraph.split("\n")
            if any(line.startswith((" ", "- ", "* ")) for line in lines):
                for line in lines:
                    formatter.write(" " * formatter.current_indent + line + "\n")
            else:
                formatter.write_text(paragraph)
