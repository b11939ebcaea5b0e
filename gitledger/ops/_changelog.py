"""What a changelog is written from: the done tasks of a release as Markdown, each line of others' text kept one line."""

from gitledger.ops._contexts import CAUTION
from gitledger.ops._page import listed, one_line
from gitledger.ops._releases import ChangedTask, OmittedTask
from gitledger.ops._views import View

_INSTRUCTION = (
    "Write the changelog of version {version} from the tasks below and from nothing else.",
    "Tell what changes for users, one sentence each, the weighty first; leave out what they cannot notice.",
    "Group the sentences under Added, Changed, Fixed, Documentation and Internal, as far as each has any.",
    "Name no task ids, unless a reader could follow them.",
)


class Span(View):
    """From where to where a changelog reaches: the tasks with numbers above the one and up to the other."""

    version: str
    ledger_ref: str
    since_version: str | None
    since_task_id: str
    until_task_id: str | None


def changelog_page(span: Span, tasks: list[ChangedTask], left_out: list[OmittedTask]) -> str:
    """The source of a changelog as Markdown."""
    blocks = [
        f"# Changelog source for {span.version}",
        f"> {CAUTION}",
        _block("LLM instruction", [line.replace("{version}", span.version) for line in _INSTRUCTION]),
        _block("Release range", _range(span, len(tasks), len(left_out))),
        "## Candidate changes",
        *(("\n".join(_task(task)) for task in tasks) if tasks else ["- none"]),
    ]
    if left_out:
        blocks.append(_block("Omitted tasks", listed(f"{item.task_id} {one_line(item.title)}: {item.reason}" for item in left_out)))
    return "\n\n".join(blocks) + "\n"


def _block(heading: str, lines: list[str]) -> str:
    return "\n".join([f"## {heading}", "", *lines])


def _range(span: Span, done: int, left_out: int) -> list[str]:
    return [
        f"- Version being prepared: {span.version}",
        f"- Previous release: {span.since_version or 'none named'}",
        f"- Previous release boundary: {span.since_task_id}",
        f"- Included through: {span.until_task_id or 'none'}",
        f"- Included done tasks: {done}",
        f"- Omitted tasks in range: {left_out}",
    ]


def _task(task: ChangedTask) -> list[str]:
    built, checked = task.implementation, task.validation
    facts = {
        "Status": task.status_stage,
        "Type": task.task_type if task.task_type != "managed" else None,
        "Labels": ", ".join(task.labels),
        "Summary": task.summary,
        "Accepted plan": f"plan-v{task.accepted_plan_version}" if task.accepted_plan_version else None,
        "Implementation summary": built.summary if built else None,
        "Validation summary/result": " — ".join(filter(None, (checked.result, checked.summary))) if checked else None,
    }
    lines = [f"### {task.task_id} — {one_line(task.title)}", ""]
    lines += [f"- {name}: {one_line(said)}" for name, said in facts.items() if said]
    if built and built.changes:
        lines.append("- Changes:")
        lines += [
            f"  - {one_line(change.path)}" + (f": {one_line(change.summary)}" if change.summary else "") for change in built.changes
        ]
    if checked and checked.evidence:
        lines.append("- Evidence:")
        lines += [f"  - {one_line(text)}" for text in checked.evidence]
    return lines
