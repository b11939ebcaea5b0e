"""The files and URLs that a task is linked to: how they are shown, and what their paths may be."""

from typing import Literal

from gitledger.errors import InvalidInput
from gitledger.model.task import FileLink, Task, UrlLink
from gitledger.ops._facts import PROGRAM
from gitledger.ops._views import ActorView, View, actor_view

MAX_PATH = 1024


class FileLinkView(View):
    """A file or URL (`target_type`) that a task is linked to. A required file must be there when validation passes."""

    link_id: str
    task_id: str
    path: str
    kind: str
    label: str | None
    required_for_validation: bool
    target_type: Literal["file", "url"]
    created_at: str
    created_by: ActorView | None
    event: str


def link_views(task: Task) -> list[FileLinkView]:
    """The files and URLs of a task in the order in which they were linked."""
    links: list[FileLink | UrlLink] = [*task.files, *task.urls]
    return [_link_view(task, link) for link in sorted(links, key=lambda link: link.at)]


def _link_view(task: Task, link: FileLink | UrlLink) -> FileLinkView:
    is_file = isinstance(link, FileLink)
    target = link.path if is_file else link.url
    return FileLinkView(
        link_id=link_id(target),
        task_id=task.id,
        path=target,
        kind=link.kind if is_file else "other",
        label=link.label,
        required_for_validation=is_file and link.required,
        target_type="file" if is_file else "url",
        created_at=link.at,
        created_by=actor_view(link.by),
        event=link.id,
    )


def link_id(target: str) -> str:
    """`link-` and 8 hex digits that follow from path or URL: the same link has the same id in every clone."""
    from hashlib import sha256

    return "link-" + sha256(target.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def clean_path(text: str, option: str = "--path") -> str:
    """A path from the top of the work tree, with slashes and without detours. Raises InvalidInput for any other."""
    parts = [part for part in text.strip().split("/") if part not in ("", ".")]
    path = "/".join(parts)
    wrong = None
    if not parts:
        wrong = "is empty"
    elif text.strip().startswith(("/", "~")) or text[1:2] == ":":
        wrong = "is absolute; say it from the top of the work tree"
    elif ".." in parts or parts[0].lower() == ".git":
        wrong = "leads out of the work tree"
    elif len(path) > MAX_PATH or not path.isprintable():
        wrong = f"must be one line of at most {MAX_PATH} printable characters"
    if wrong is not None:
        raise InvalidInput(f"The path of {option} {wrong}.", hint=(PROGRAM, "file", "add", "--help"))
    return path


def clean_url(text: str) -> str:
    """A URL on one line, with a scheme that leads somewhere and runs nothing. Raises InvalidInput for any other."""
    url = text.strip()
    scheme, _, rest = url.partition(":")
    is_plain = url.isprintable() and " " not in url and len(url) <= MAX_PATH
    if not rest or not is_plain or scheme.lower() not in ("http", "https", "mailto", "ssh", "git", "ftp", "ftps", "file", "urn", "doi"):
        raise InvalidInput(
            f"--url must be one address of at most {MAX_PATH} characters, like https://example.org/page.",
            hint=(PROGRAM, "link", "add", "--help"),
        )
    return url
