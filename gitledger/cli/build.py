"""Operation → click command: fields become arguments and options, parsed values become an operation."""

import re
import types
from collections.abc import Iterator
from inspect import cleandoc
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import click
import msgspec

from gitledger.cli.groups import offer_words
from gitledger.cli.help import help_option, write_help_text
from gitledger.errors import InvalidInput
from gitledger.ops._base import Operation, TaskOperation, looks_back
from gitledger.ops._facts import PROGRAM

TASK_HELP = "The task: its number, slug, or the start of its uid. Without it, the active task."

_FILE = "__file"  # suffix of the parameter that reads a field's value from a file
_PLACE = "__place"  # suffix of the parameter that takes an option's value as a positional


class Field(NamedTuple):
    """One field of an operation, as the command line sees it."""

    name: str
    base: Any
    choices: tuple[str, ...]
    repeated: bool
    help: str
    extra: dict[str, Any]
    required: bool
    default: Any

    @property
    def is_positional(self) -> bool:
        return bool(self.extra.get("positional"))

    @property
    def option(self) -> str:
        """`--field-name`."""
        return _dashed(self.extra.get("name") or self.name.rstrip("_").replace("_", "-"))

    @property
    def file_option(self) -> str | None:
        """The option that reads this field from a file."""
        return _dashed(self.extra["file"]) if self.extra.get("file") else None

    @property
    def shown(self) -> str:
        """How a message calls the field: the option, or the positional's placeholder."""
        if self.is_positional:
            return self.extra.get("metavar") or self.name.upper()
        return self.option


# ---------------------------------------------------------------------------------------------- fields


def fields_of(op: type[Operation]) -> list[Field]:
    """The fields of `op`: positionals first, `--task` last, else in order of declaration."""
    annotations: dict[str, Any] = {}
    for base in reversed(op.__mro__):
        annotations |= getattr(base, "__annotations__", {})
    names = op.__struct_fields__
    defaults = dict(zip(reversed(names), reversed(op.__struct_defaults__), strict=False))
    found = [_field(name, annotations[name], defaults.get(name, msgspec.NODEFAULT)) for name in names]
    found = [_task_field(op, field, found) if _is_task(op, field.name) else field for field in found]
    return sorted(found, key=lambda field: 0 if field.is_positional else 2 if _is_task(op, field.name) else 1)


def _field(name: str, annotation: Any, default: Any) -> Field:
    help, extra = "", {}
    if get_origin(annotation) is Annotated:
        annotation, *metas = get_args(annotation)
        for meta in metas:
            if isinstance(meta, msgspec.Meta):
                help = meta.description or help
                extra = {**extra, **(meta.extra or {})}
    base = str if extra.get("json") else _unwrapped(annotation)
    repeated = get_origin(base) in (list, tuple) or base in (list, tuple)
    if repeated:
        base = _unwrapped(next(iter(get_args(base)), str))
    choices: tuple[str, ...] = get_args(base) if get_origin(base) is Literal else ()
    required = default is msgspec.NODEFAULT
    if hasattr(default, "factory"):
        default = default.factory()
    return Field(name, str if choices else base, choices, repeated, help, extra, required, default)


def _unwrapped(annotation: Any) -> Any:
    """The type under `| None`, `| UnsetType` and inner `Annotated`."""
    if isinstance(annotation, str):
        annotation = {"str | None": str, "str": str, "bool": bool, "int": int}.get(annotation, str)
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [kind for kind in get_args(annotation) if kind not in (type(None), msgspec.UnsetType)]
        return _unwrapped(rest[0]) if len(rest) == 1 else str
    return annotation


def _is_task(op: type[Operation], name: str) -> bool:
    return name == "task" and issubclass(op, TaskOperation)


def _task_field(op: type[Operation], field: Field, found: list[Field]) -> Field:
    """`--task`; where an operation only reads and has no positional of its own, also as a positional."""
    extra = dict(field.extra)
    if not op.writes and not any(other.is_positional for other in found):
        extra["positional_too"] = True
    return field._replace(help=field.help or TASK_HELP, extra=extra)


# ---------------------------------------------------------------------------------------------- parameters


def build_command(op: type[Operation]) -> click.Command:
    """The click command of `op`. It hands the finished operation to the `Session` in `context.obj`."""
    fields = fields_of(op)
    inputs_needed = any(field.extra.get("is_input") for field in fields)

    @click.pass_context
    def callback(context: click.Context, /, **parsed: Any) -> None:
        inputs = context.obj.inputs if inputs_needed else None
        context.obj.perform(make_operation(op, fields, parsed, inputs))

    help = cleandoc(op.__doc__ or "")
    takes_rest = any(field.extra.get("rest") for field in fields)
    return Command(
        op.command.rpartition(" ")[2],
        callback=callback,
        # What follows the first word of another program's command line is its own, also without `--`.
        context_settings={"allow_interspersed_args": False} if takes_rest else None,
        params=[*(param for field in fields for param in _params(field)), *_looking_back(op, fields)],
        help=help,
        short_help=help.partition("\n")[0].rstrip("."),
    )


def _looking_back(op: type[Operation], fields: list[Field]) -> list[click.Parameter]:
    """`--at` after the command, where it can be asked of an earlier state and has no such option of its own."""

    def look_back(context: click.Context, param: click.Parameter, value: str | None) -> None:
        if value is None:
            return
        session = context.find_root().obj
        if session.at not in (None, value):
            raise InvalidInput(f"--at says {session.at!r} and {value!r}: give one of them.", hint=(PROGRAM, "log"))
        session.at = value

    if not looks_back(op) or any(field.option == "--at" for field in fields):
        return []
    help = "As the ledger was at an entry (its commit id) or a date."
    return [click.Option(["--at"], metavar="WHEN", expose_value=False, callback=look_back, help=help)]


class Command(click.Command):
    """A command that says its help through the session."""

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        return help_option(self)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_help_text(self.help or "", formatter)

    def format_arguments(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Nothing: `format_options` writes both sections, whichever release of click asks."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        arguments = [param for param in self.params if isinstance(param, Argument)]
        options = [param.get_help_record(ctx) for param in self.get_params(ctx) if isinstance(param, click.Option)]
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([(param.make_metavar(ctx), param.about) for param in arguments])
        with formatter.section("Options"):
            formatter.write_dl([record for record in options if record is not None])


def _params(field: Field) -> Iterator[click.Parameter]:
    kind: Any = click.Choice(field.choices, case_sensitive=False) if field.choices else None
    kind = kind or {int: click.INT, float: click.FLOAT}.get(field.base, click.STRING)
    kind = click.UNPROCESSED if field.extra.get("rest") else kind
    metavar = field.extra.get("metavar")
    completed: dict[str, Any] = {} if field.choices else {"shell_complete": offer_words}
    if field.is_positional:
        yield Argument(
            [field.name],
            type=kind,
            nargs=-1 if field.repeated else 1,
            required=field.required,
            metavar=_bracketed(metavar or field.name.upper() + ("..." if field.repeated else ""), field.required),
            about=field.help,
            **completed,
        )
        return
    if field.extra.get("positional_too"):
        yield Argument(
            [field.name + _PLACE],
            type=kind,
            required=False,
            metavar=f"[{metavar or field.name.upper()}]",
            about=f"The same as {field.option}.",
            **completed,
        )
    names = [field.option, *([_dashed(field.extra["short"])] if field.extra.get("short") else [])]
    if field.base is bool and not field.repeated:
        yield _flag(field, names)
        return
    yield click.Option(
        [*names, field.name],
        type=kind,
        multiple=field.repeated,
        required=field.required and field.file_option is None and not field.extra.get("positional_too"),
        metavar=metavar,
        help=_option_help(field),
        **completed,
        **({"is_flag": False, "flag_value": field.extra["bare"]} if field.extra.get("bare") else {}),
    )
    if field.file_option:
        yield click.Option(
            [field.file_option, field.name + _FILE],
            metavar="PATH",
            help=f"Read {field.option} from a file; `-` is standard input.",
            shell_complete=offer_words,
        )


def _flag(field: Field, names: list[str]) -> click.Option:
    off = field.extra.get("off")
    if off is None and field.default is True:
        off = "no-" + field.option.lstrip("-")
    if off:
        names = [f"{names[0]}/{_dashed(off)}", *names[1:]]
    return click.Option([*names, field.name], is_flag=True, default=None, help=_option_help(field))


def _option_help(field: Field) -> str:
    text = field.help
    if field.extra.get("is_input"):
        text = f"{text} `-` reads standard input."
    shown = field.default
    if isinstance(shown, (str, int)) and not isinstance(shown, bool) and shown != "":
        text = f"{text}  [default: {shown}]"
    elif shown is True:
        text = f"{text}  [default: yes]"
    return text


class Argument(click.Argument):
    """A positional; `about` is its line of help."""

    def __init__(self, *args: Any, about: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.about = about


def _bracketed(metavar: str, required: bool) -> str:
    return metavar if required else f"[{metavar}]"


def _dashed(name: str) -> str:
    bare = name.lstrip("-")
    return f"-{bare}" if len(bare) == 1 else f"--{bare}"


# ---------------------------------------------------------------------------------------------- values


def make_operation(
    op: type[Operation], fields: list[Field], parsed: dict[str, Any], inputs: Any
) -> Operation:
    """The operation that `parsed` describes; what was not given keeps the operation's own default."""
    values = {}
    for field in fields:
        value = _value(field, parsed, inputs)
        if value is not None:
            values[field.name] = value
        elif field.required and not field.repeated:
            wanted = " or ".join(filter(None, (field.shown, field.file_option)))
            raise InvalidInput(f"Missing {wanted}.", hint=help_hint(op))
    try:
        return msgspec.convert(values, op)
    except (msgspec.ValidationError, RecursionError) as error:
        raise InvalidInput(_complaint(str(error), fields), hint=help_hint(op)) from None


def _value(field: Field, parsed: dict[str, Any], inputs: Any) -> Any:
    found = _given(field, parsed, inputs)
    if not field.extra.get("json"):
        return found
    if found is None and field.required and inputs.is_piped:
        found = inputs.read("-", field.shown, field.extra["json"])
    try:
        return None if found is None else msgspec.json.decode(found)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as error:
        raise InvalidInput(f"{field.shown} takes JSON: {error}.") from None


def _given(field: Field, parsed: dict[str, Any], inputs: Any) -> Any:
    given = parsed.get(field.name)
    if field.repeated:
        given = list(given) if given else None
    place = parsed.get(field.name + _PLACE)
    if place is not None:
        if given is not None and given != place:
            raise InvalidInput(f"{field.option} says {given!r} and the argument says {place!r}: give one of them.")
        given = place
    limit = {"limit": field.extra["json"]} if field.extra.get("json") else {}
    path = parsed.get(field.name + _FILE)
    if path is not None:
        if given is not None:
            raise InvalidInput(f"Give either {field.option} or {field.file_option}, not both.")
        assert inputs is not None
        text = inputs.read(path, field.file_option or field.option, **limit)
        return [text] if field.repeated else text
    if inputs is not None and field.extra.get("is_input"):
        if given == "-":
            return inputs.read("-", field.shown, **limit)
        if field.repeated and given and "-" in given:
            return [inputs.read("-", field.shown) if item == "-" else item for item in given]
    return given


def _complaint(message: str, fields: list[Field]) -> str:
    """msgspec's sentence with the option's name in place of the path `$.field`."""
    found = re.fullmatch(r"(.*?) - at `\$\.(\w+)(\[\S*\])*`", message)
    if not found:
        return message + "."
    named = next((field.shown for field in fields if field.name == found[2]), found[2])
    return f"{named}: {found[1][:1].lower()}{found[1][1:]}."


def help_hint(op: type[Operation]) -> tuple[str, ...]:
    """The command that explains `op`."""
    return (PROGRAM, *op.command.split(), "--help")


