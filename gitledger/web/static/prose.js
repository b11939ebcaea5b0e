// Long texts: paragraphs, lists, headings and code of Markdown, as elements. What it does not know stands as it was written.

import { el } from "./dom.js";

const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;

/** The blocks of a text. Addresses are not made into links: they come from other people. */
export function prose(text) {
  const blocks = [];
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  while (lines.length) {
    const line = lines.shift();
    if (!line.trim()) continue;
    if (line.startsWith("```")) blocks.push(el("pre", null, take(lines, (next) => !next.startsWith("```"), true).join("\n")));
    else if (/^#{1,6}\s/.test(line)) blocks.push(el("h4", null, inline(line.replace(/^#+\s*/, ""))));
    else if (ITEM.test(line)) blocks.push(list([line, ...take(lines, (next) => next.trim() && !next.startsWith("```"))]));
    else blocks.push(el("p", null, inline([line, ...take(lines, (next) => next.trim() && !ITEM.test(next) && !next.startsWith("```"))].join("\n"))));
  }
  return el("div.prose", null, blocks);
}

function list(lines) {
  const items = [];
  for (const line of lines) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ""));
    else items[items.length - 1] += `\n${line.trim()}`;
  }
  return el(/^\s*\d/.test(lines[0]) ? "ol" : "ul", null, items.map((item) => el("li", null, inline(item))));
}

/** Lines from the front while they fit; `past` takes the one after them away too. */
function take(lines, fits, past = false) {
  const taken = [];
  while (lines.length && fits(lines[0])) taken.push(lines.shift());
  if (past) lines.shift();
  return taken;
}

/** Text with `code` in it. */
export function inline(text) {
  return String(text).split(/(`[^`\n]+`)/).map((part) => (/^`[^`\n]+`$/.test(part) ? el("code", null, part.slice(1, -1)) : part));
}
