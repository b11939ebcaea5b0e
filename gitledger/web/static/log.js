// The entries of the ledger, newest first.

import { ask } from "./ask.js";
import { el } from "./dom.js";
import { counted, dotted, person, taskLink, when } from "./words.js";

const STEP = 100;
let limit = STEP;
let wanted = { text: "", actor: "", op: "" };

export const log = {
  title: () => "Log",

  async load() {
    return (await ask("log", { limit })).result;
  },

  frame(again) {
    limit = STEP;
    wanted = { text: "", actor: "", op: "" };
    return el("div", null, el("h1", null, "Log"), el("form.filters", { onsubmit: (event) => event.preventDefault(), role: "search" }, filter("text", again)));
  },

  draw(data, again) {
    const shown = data.entries.filter(fits);
    return [
      el("div.chosen", null, choice("actor", "Everybody", data.entries.map((entry) => entry.actor), again, person), choice("op", "Every command", data.entries.map((entry) => entry.op), again, (op) => op.replace(".", " "))),
      el("p.quiet", { role: "status" }, `${counted(shown.length, "entry", "entries")} of the newest ${data.entries.length}`),
      entries(shown, ".wide"),
      data.truncated ? el("p.more", null, el("button", { type: "button", "data-key": "more", onclick: () => ((limit += STEP), again()) }, "Show older ones")) : null,
    ];
  },
};

function filter(name, again) {
  const input = el("input", { type: "search", "aria-label": "Filter the entries", placeholder: "Filter by words", id: "search", autocomplete: "off", maxlength: 200 });
  input.addEventListener("input", () => ((wanted[name] = input.value.toLowerCase()), again(true)));
  return input;
}

function choice(name, all, values, again, words) {
  const known = [...new Set([...values, wanted[name]].filter(Boolean))].sort();
  const select = el("select", { "aria-label": all, "data-key": `choose ${name}` }, el("option", { value: "" }, all), known.map((value) => el("option", { value, selected: value === wanted[name] }, words(value))));
  select.addEventListener("change", () => ((wanted[name] = select.value), again(true)));
  return select;
}

function fits(entry) {
  const text = `${entry.subject} ${entry.author} ${entry.actor} ${entry.tasks.join(" ")}`.toLowerCase();
  return text.includes(wanted.text) && (!wanted.actor || entry.actor === wanted.actor) && (!wanted.op || entry.op === wanted.op);
}

/** Entries as a list; `.wide`: each on one line, where there is room. */
export function entries(found, form = "") {
  return el(`ul.entries${form}`, null, found.map((entry) => el("li", { "data-key": entry.commit }, el("p", null, subject(entry)), el("p.quiet", null, dotted(entry.op ? entry.op.replace(".", " ") : "merge", person(entry.actor) || entry.author, when(entry.time))))));
}

/** `todo done: task-0030 Add tests`, without the command, which stands below it. */
function subject(entry) {
  const said = entry.op ? entry.subject.slice(entry.subject.indexOf(": ") + 2) : entry.subject;
  const ref = entry.tasks.length === 1 && said.startsWith(entry.tasks[0]) ? entry.tasks[0] : null;
  return ref ? [taskLink(ref, said.slice(ref.length).trim() || ref), " ", el("span.ref", null, ref)] : said;
}
