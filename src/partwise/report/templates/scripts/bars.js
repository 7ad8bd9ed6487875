// Horizontal bars with their names on the left and their values on the right.

import { s } from "./dom.js";
import { number } from "./format.js";
import { fitting, widest } from "./letters.js";

const ROW = 24;

/**
 * ``rows``: {name, value, href?, colour?: class, mark?: a second value, drawn as a tick}. A row with an address is a
 * link. ``top`` is the value of a full bar, else the largest.
 */
export function bars(rows, width, { label, format = number, top = null } = {}) {
  const left = Math.min(widest(rows.map((row) => row.name)) + 12, width * 0.45);
  const right = widest(rows.map((row) => format(row.value))) + 8;
  const most = top ?? (Math.max(...rows.flatMap((row) => [row.value, row.mark ?? 0]), 0) || 1);
  const scale = Math.max(10, width - left - right) / most;
  const linked = rows.some((row) => row.href);
  const height = rows.length * ROW + 4;
  return s(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: linked ? "group" : "img", "aria-label": label },
    rows.map((row, place) => oneBar(row, { y: place * ROW + 2, left, scale, format })),
  );
}

function oneBar(row, { y, left, scale, format }) {
  const length = Math.max(1, row.value * scale);
  const middle = y + ROW / 2;
  const parts = [
    s("title", null, `${row.name}: ${format(row.value)}`),
    s(
      "text",
      { x: left - 8, y: middle, "text-anchor": "end", "dominant-baseline": "central", class: "name" },
      fitting(row.name, left - 8),
    ),
    s("rect", { x: left, y: y + 4, width: length, height: ROW - 8, rx: 2, class: `bar ${row.colour ?? ""}` }),
    row.mark === undefined
      ? null
      : s("rect", { x: left + row.mark * scale - 1.5, y: y + 1, width: 3, height: ROW - 2, class: "mark" }),
    s(
      "text",
      {
        x: left + Math.max(length, (row.mark ?? 0) * scale) + 6,
        y: middle,
        "dominant-baseline": "central",
        class: "value",
      },
      format(row.value),
    ),
  ];
  return row.href
    ? s("a", { href: row.href, "aria-label": `${row.name}: ${format(row.value)}` }, parts)
    : s("g", null, parts);
}

/** Bars in pieces: each row {name, href, parts: [{name, value, colour}]}. */
export function stackedBars(rows, width, label) {
  const left = Math.min(widest(rows.map((row) => row.name)) + 12, width * 0.4);
  const sum = ({ parts }) => parts.reduce((total, part) => total + part.value, 0);
  const most = Math.max(...rows.map(sum)) || 1;
  const right = widest([number(Math.round(most))]) + 8;
  const scale = (width - left - right) / most;
  const height = rows.length * ROW + 4;
  return s(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label },
    rows.map((row, place) => oneStack(row, { y: place * ROW + 2, left, scale, total: sum(row) })),
  );
}

function oneStack({ name, href, parts }, { y, left, scale, total }) {
  let x = left;
  const pieces = parts.map((part) => {
    const piece = s(
      "rect",
      { x, y: y + 4, width: part.value * scale, height: ROW - 8, class: `bar ${part.colour}` },
      s("title", null, `${name}, ${part.name}: ${number(part.value)}`),
    );
    x += part.value * scale;
    return piece;
  });
  const at = { y: y + ROW / 2, "dominant-baseline": "central" };
  return s(
    "a",
    { href, "aria-label": `${name}: ${number(total)}` },
    s("text", { ...at, x: left - 8, "text-anchor": "end", class: "name" }, fitting(name, left - 8)),
    pieces,
    s("text", { ...at, x: x + 6, class: "value" }, number(Math.round(total))),
  );
}
