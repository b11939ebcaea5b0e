// How statuses, times and people are said.

import { el } from "./dom.js";

const ROLES = {
  queue: ["queue", "draft", "planning", "plan_review", "approved"],
  work: ["work", "implementing", "implemented"],
  review: ["review", "validating"],
  done: ["done"],
  blocked: ["blocked"],
  failed: ["failed_validation"],
  cancelled: ["cancelled"],
  archived: ["archived"],
};
const ROLE_OF = Object.fromEntries(Object.entries(ROLES).flatMap(([role, words]) => words.map((word) => [word, role])));

export const STATUSES = {
  "Staged tasks": ["draft", "planning", "plan_review", "approved", "implementing", "implemented", "validating", "failed_validation"],
  "Light tasks": ["queue", "work", "review"],
  "Both": ["done", "cancelled"],
};
export const FILTERED_ROLES = ["queue", "work", "review", "blocked", "done", "cancelled"];
export const ROLE_WORDS = {
  queue: "in the queue", work: "under way", review: "in review", done: "done", blocked: "on hold", cancelled: "cancelled", archived: "archived",
};

/** Which colour a task has: that of its status, or of the hold that lies on it. */
export function tone(status, role = null) {
  return role === "blocked" || role === "archived" ? role : ROLE_OF[status] ?? role ?? "queue";
}

export function plain(word) {
  return String(word ?? "").replaceAll("_", " ");
}

/** A status as a coloured word; the colour says nothing that the word does not. */
export function badge(status, role = null) {
  const word = role === "blocked" && status !== "blocked" ? `on hold, ${plain(status)}` : plain(status);
  return el(`span.status.${tone(status, role)}`, null, word);
}

export function counted(many, one, several = `${one}s`) {
  return `${many.toLocaleString("en")} ${many === 1 ? one : several}`;
}

/** `ada`, or `agent builder`: people by name alone. */
export function person(actor) {
  if (!actor) return "";
  if (typeof actor === "string") return actor.replace(/^user:/, "").replace(":", " ");
  return actor.actor_type === "user" ? actor.actor_name : `${actor.actor_type} ${actor.actor_name}`;
}

const STEPS = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [86400 * 14, 86400, "day"]];

/** A time: how long ago, the moment itself when pointed at. */
export function when(iso) {
  const at = new Date(iso);
  if (!iso || Number.isNaN(at.valueOf())) return null;
  const passed = (Date.now() - at) / 1000;
  const exact = at.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  return el("time", { datetime: iso, title: exact }, relative(passed) ?? at.toLocaleDateString("en-GB", { dateStyle: "medium" }));
}

function relative(passed) {
  const size = Math.abs(passed);
  if (size < 10) return "just now";
  const step = STEPS.find(([limit]) => size < limit);
  if (!step) return null;
  const many = Math.floor(size / step[1]);
  return passed < 0 ? `in ${counted(many, step[2])}` : `${counted(many, step[2])} ago`;
}

/** Parts of a line with a dot between them, those that are there; lists are laid flat. */
export function dotted(...parts) {
  const found = parts.flat().filter((part) => part !== null && part !== undefined && part !== "" && part !== false);
  return found.flatMap((part, place) => (place ? [" ", el("span.dot", { "aria-hidden": "true" }, "·"), " ", part] : [part]));
}

/** A link to a task's page. */
export function taskLink(ref, ...children) {
  return el("a", { href: taskAddress(ref) }, ...(children.length ? children : [ref]));
}

export function taskAddress(ref) {
  return `#/tasks/${encodeURIComponent(ref)}`;
}
