// What a task is and what it hangs together with.

import { el, section } from "./dom.js";
import { badge, person, plain, taskLink, when } from "./words.js";

/** The facts of a task as a list of terms. */
export function facts(view, related) {
  const record = view.task;
  const pairs = [
    ["Claimed by", view.lock ? [person(view.lock.holder), view.lock.expired ? ", lease ran out " : ", lease ends ", when(view.lock.expires_at)] : null],
    ["Workflow", record.workflow],
    ["Type", record.type],
    ["Complexity", record.complexity],
    ["Due", record.due],
    ["Schedule", record.schedule],
    ["Summary", record.summary],
    ["Created", [when(record.created_at), record.creator ? ` by ${person(record.creator)}` : ""]],
    ["Closed", record.closed_at ? [when(record.closed_at), record.closure_note ? `: ${record.closure_note}` : ""] : null],
    ["Part of", related.parent_task ? neighbours([related.parent_task]) : null],
    ["Parts", neighbours(related.children)],
    ["Waits for", record.requirements.length ? record.requirements.map((ref) => el("p", null, taskLink(ref))) : null],
    ["Others wait", neighbours(related.dependents)],
    ["Follow-ups", neighbours(related.follow_up_tasks)],
    ["Files", view.files.total ? view.files.items.map((item) => el("p", null, el("code", null, item.path), item.required_for_validation ? el("span.quiet", null, " needed for validation") : null)) : null],
    ["Conflicts", record.conflicts.length ? record.conflicts.map(plain).join(", ") : null],
    ["Uid", el("code", null, record.uid)],
    ...Object.entries(record.properties).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  ];
  const shown = pairs.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return section("About", null, el("dl.facts", null, shown.map(([word, value]) => el("div", null, el("dt", null, word), el("dd", null, value)))));
}

function neighbours(found) {
  if (!found.length) return null;
  return found.map((task) => el("p", null, taskLink(task.id, task.title), " ", el("span.ref", null, task.id), " ", badge(task.status)));
}
