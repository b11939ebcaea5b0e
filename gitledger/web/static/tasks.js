// Browsing: the tasks by role, status, label and words, page by page. What is chosen stands in the address.

import { ask } from "./ask.js";
import { el, show } from "./dom.js";
import { taskList } from "./rows.js";
import { FILTERED_ROLES, ROLE_WORDS, STATUSES, counted, plain, taskAddress } from "./words.js";

const PAGE = 50;
const PAUSE_MS = 150;
const REFERENCE = /^(?:task-)?\d+$/;
let form = null;

export const tasks = {
  title: () => "Tasks",

  frame() {
    form = filters();
    return el("div", null, el("h1", null, "Tasks"), form.element);
  },

  async load(route) {
    const chosen = route.query;
    const page = Math.max(1, Number.parseInt(chosen.get("page") ?? "1", 10) || 1);
    const [found, labels] = await Promise.all([
      ask("tasks", {
        role: chosen.get("role"), status: chosen.getAll("status"), labels: chosen.getAll("label"), text: chosen.get("text"),
        archived: chosen.get("archived"), newest: chosen.get("order") !== "number", offset: (page - 1) * PAGE, limit: PAGE,
      }),
      ask("labels"),
    ]);
    return { found: found.result, labels: labels.result.labels, page, chosen };
  },

  draw({ found, labels, page, chosen }) {
    form.take(chosen, labels);
    const first = (page - 1) * PAGE + 1;
    const range = found.total > PAGE && found.tasks.length ? `, ${first} to ${first + found.tasks.length - 1} shown` : "";
    return [
      el("p.quiet", { role: "status" }, counted(found.total, "task") + range),
      found.tasks.length ? taskList(found.tasks) : el("p.notice", null, "No task fits."),
      pager(chosen, page, Math.ceil(found.total / PAGE)),
    ];
  },
};

/** The form, and a way to let it show what is chosen. */
function filters() {
  const search = el("input", { type: "search", id: "search", name: "text", "aria-label": "Search the tasks", placeholder: "Search, or a number", autocomplete: "off", maxlength: 200 });
  const roles = el("div.chips", { role: "group", "aria-label": "Role" });
  const status = el("select", { name: "status", "aria-label": "Status" }, el("option", { value: "" }, "Every status"), Object.entries(STATUSES).map(([group, words]) => el("optgroup", { label: group }, words.map((word) => el("option", { value: word }, plain(word))))));
  const label = el("select", { name: "label", "aria-label": "Label" });
  const order = el("select", { name: "order", "aria-label": "Order" }, el("option", { value: "" }, "Changed last first"), el("option", { value: "number" }, "By number"));
  const archived = el("input", { type: "checkbox", name: "archived", value: "all", id: "archived" });
  const element = el("form.filters", { role: "search" }, search, roles, status, label, order, el("label.check", { for: "archived" }, archived, " Archived"));
  let pause = null;
  search.addEventListener("input", () => (clearTimeout(pause), (pause = setTimeout(() => go({ text: search.value.trim() }), PAUSE_MS))));
  element.addEventListener("submit", (event) => (event.preventDefault(), clearTimeout(pause), submit(search.value.trim())));
  for (const select of [status, label, order]) select.addEventListener("change", () => go({ [select.name]: select.value }));
  archived.addEventListener("change", () => go({ archived: archived.checked ? "all" : "" }));
  return { element, take: (chosen, labels) => take({ search, roles, status, label, order, archived }, chosen, labels) };
}

function take(fields, chosen, labels) {
  if (document.activeElement !== fields.search) fields.search.value = chosen.get("text") ?? "";
  fields.status.value = chosen.get("status") ?? "";
  fields.order.value = chosen.get("order") ?? "";
  fields.archived.checked = chosen.has("archived");
  const words = [...new Set([...labels.map((item) => item.label), ...chosen.getAll("label")])];
  const many = Object.fromEntries(labels.map((item) => [item.label, item.tasks]));
  show(fields.label, el("option", { value: "" }, "Every label"), words.map((word) => el("option", { value: word }, many[word] ? `${word} (${many[word]})` : word)));
  fields.label.value = chosen.get("label") ?? "";
  fields.label.hidden = !words.length;
  const role = chosen.get("role") ?? "";
  show(fields.roles, ["", ...FILTERED_ROLES].map((word) => el(`button.chip${word ? `.${word}` : ""}`, { type: "button", "aria-pressed": String(word === role), "data-key": `role ${word}`, onclick: () => go({ role: word }) }, word ? ROLE_WORDS[word] : "all")));
}

function submit(text) {
  if (REFERENCE.test(text)) location.hash = taskAddress(text);
  else go({ text });
}

/** Choose something else; the pages are counted anew. */
function go(change) {
  const chosen = new URLSearchParams(location.hash.split("?")[1] ?? "");
  chosen.delete("page");
  location.hash = address(chosen, change);
}

function address(chosen, change) {
  const query = new URLSearchParams(chosen);
  for (const [name, value] of Object.entries(change)) value ? query.set(name, value) : query.delete(name);
  return query.size ? `#/tasks?${query}` : "#/tasks";
}

function pager(chosen, page, pages) {
  if (pages < 2) return null;
  const step = (to, word) => (to >= 1 && to <= pages ? el("a", { href: address(chosen, { page: to > 1 ? to : "" }), "data-key": word }, word) : el("span.quiet", null, word));
  return el("nav.pager", { "aria-label": "Further pages" }, step(page - 1, "Previous"), el("span.quiet", null, `page ${page} of ${pages}`), step(page + 1, "Next"));
}
