// What comes next for a task, how far it has come, and what is in the way.

import { el } from "./dom.js";
import { inline } from "./prose.js";

/** The next step in words, with the commands for it. */
export function nextStep(next) {
  return el(
    "div.next",
    null,
    el("p.reason", null, inline(next.reason)),
    next.next_item ? el("p.item", null, el("span.ref", null, next.next_item.id), " ", inline(next.next_item.text)) : null,
    blockers(next.blocking),
    next.commands.length ? el("ul.commands", { "aria-label": "Commands" }, next.commands.map((hint) => el("li", null, command(hint.command, hint.label)))) : null,
  );
}

/** What is in the way; `blocking` as every operation tells it. */
export function blockers(blocking) {
  if (!blocking?.length) return null;
  return el("ul.blockers", { "aria-label": "In the way" }, blocking.map((item) => el("li", null, inline(item.message))));
}

/** A command that can be copied. */
export function command(line, label) {
  const button = el("button.copy", { type: "button", "data-key": `copy ${line}`, "aria-label": `Copy: ${line}` }, "copy");
  button.addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(line).then(() => true, () => false);
    button.textContent = done ? "copied" : "not allowed";
  });
  return [label ? el("span.what", null, label) : null, el("span.line", null, el("code.command", null, line), button)];
}

/** How many todos are done and how many criteria hold. */
export function progressBars(task) {
  const criteria = task.validation.criteria.filter((item) => item.mandatory);
  const held = criteria.filter((item) => item.satisfied).length;
  const bars = [meter("Todos", task.todos.done, task.todos.total), meter("Criteria", held, criteria.length)].filter(Boolean);
  return bars.length ? el("div.meters", null, bars) : null;
}

function meter(word, done, total) {
  if (!total) return null;
  const text = `${done} of ${total}`;
  const bar = el("progress", { max: total, value: done, "aria-label": `${word}: ${text} done` }, text);
  return el("p.meter", null, el("span", null, word), bar, el("span.count", null, text));
}
