// Curves over a common axis, with marks, grid and a legend where there are several.

import { s } from "./dom.js";
import { number, shortened, ticks } from "./format.js";
import { textWidth } from "./letters.js";

const MARGIN = { top: 12, right: 16, bottom: 44, left: 80 };

/**
 * ``series``: {name, x, y, colour: class, quiet?: thin and grey, area?: filled down to 0}.
 * ``xMarks``: [place, text] instead of round numbers. ``log``: a logarithmic axis for y, which ``format`` writes.
 */
export function lines(
  series,
  width,
  { label, xName, yName, height = 300, log = false, low = null, high = null, xMarks = null, format = number } = {},
) {
  const legend = series.filter((each) => !each.quiet).length > 1 ? legendOf(series, width) : { height: 0, node: null };
  const whole = height + legend.height;
  const frame = scales(series, width, height, { log, low, high });
  const offset = s(
    "g",
    { transform: `translate(0 ${legend.height})` },
    grid(frame, { width, height, xName, yName, log, xMarks, format }),
    series.map((each) => curve(each, frame, height)),
  );
  return s(
    "svg",
    { width, height: whole, viewBox: `0 0 ${width} ${whole}`, role: "img", "aria-label": label },
    legend.node,
    offset,
  );
}

/** Functions from values to places, over the finite values of all series. */
function scales(series, width, height, { log, low, high }) {
  const drawable = (value) => Number.isFinite(value) && (!log || value > 0);
  const range = (values, from, to) => {
    const least = from ?? values.reduce((a, b) => Math.min(a, b), Infinity);
    const most = to ?? values.reduce((a, b) => Math.max(a, b), -Infinity);
    if (most < least) return [0.1, 1]; // nothing to draw, and an axis for it
    return most > least ? [least, most] : [least - 0.5 * Math.abs(least || 1), least + 0.5 * Math.abs(least || 1)];
  };
  const place = (value) => (log ? Math.log10(value) : value);
  const [x0, x1] = range(series.flatMap((each) => Array.from(each.x)));
  const [y0, y1] = range(
    series.flatMap((each) => Array.from(each.y).filter(drawable)),
    low,
    high,
  ).map(place);
  const across = width - MARGIN.left - MARGIN.right;
  const up = height - MARGIN.top - MARGIN.bottom;
  return {
    x: (value) => MARGIN.left + ((value - x0) / (x1 - x0)) * across,
    y: (value) => MARGIN.top + (1 - (place(value) - y0) / (y1 - y0)) * up,
    xs: [x0, x1],
    ys: [y0, y1],
  };
}

function grid(frame, { width, height, xName, yName, log, xMarks, format }) {
  const bottom = height - MARGIN.bottom;
  const yMarks = ticks(...frame.ys, 5)
    .filter((value) => !log || Number.isInteger(value))
    .map((value) => (log ? 10 ** value : value));
  const shown = log && yMarks.length < 2 ? frame.ys.map((value) => 10 ** value) : yMarks;
  const below = xMarks ?? ticks(...frame.xs, Math.max(2, width / 110)).map((value) => [value, number(value)]);
  const every = Math.ceil((below.length * 76) / width);
  return [
    shown.map((value) =>
      s(
        "g",
        null,
        s("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: frame.y(value), y2: frame.y(value), class: "grid" }),
        s(
          "text",
          {
            x: MARGIN.left - 8,
            y: frame.y(value),
            "text-anchor": "end",
            "dominant-baseline": "central",
            class: "value",
          },
          format(value),
        ),
      ),
    ),
    below
      .filter((_, place) => place % every === 0)
      .map(([value, text]) =>
        s("text", { x: frame.x(value), y: bottom + 18, "text-anchor": "middle", class: "value" }, text),
      ),
    s("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: bottom, y2: bottom, class: "axis" }),
    s(
      "text",
      { x: (MARGIN.left + width - MARGIN.right) / 2, y: height - 8, "text-anchor": "middle", class: "axis-name" },
      xName,
    ),
    s(
      "text",
      {
        x: 14,
        y: (MARGIN.top + bottom) / 2,
        "text-anchor": "middle",
        class: "axis-name",
        transform: `rotate(-90 14 ${(MARGIN.top + bottom) / 2})`,
      },
      yName,
    ),
  ];
}

function curve({ name, x, y, colour = "", quiet = false, area = false }, frame, height) {
  const points = [];
  for (let at = 0; at < x.length; at++)
    if (Number.isFinite(frame.y(y[at]))) points.push(`${frame.x(x[at]).toFixed(1)} ${frame.y(y[at]).toFixed(1)}`);
  const path = points.length ? `M${points.join("L")}` : "";
  const base = height - MARGIN.bottom;
  return s(
    "g",
    null,
    s("title", null, name),
    area && path ? s("path", { d: `${path}V${base}H${points[0].split(" ")[0]}Z`, class: `area ${colour}` }) : null,
    s("path", { d: path, class: quiet ? "curve quiet" : `curve ${colour}` }),
  );
}

/** Names beside a piece of their line, in as many rows as they need. */
function legendOf(series, width) {
  let x = MARGIN.left,
    y = 14;
  const entries = series
    .filter((each) => !each.quiet)
    .map((each) => {
      const name = shortened(each.name, 28);
      const length = textWidth(name, 12) + 44;
      if (x > MARGIN.left && x + length > width) [x, y] = [MARGIN.left, y + 20];
      const entry = s(
        "g",
        null,
        s("line", { x1: x, x2: x + 18, y1: y, y2: y, class: `curve ${each.colour}` }),
        s("text", { x: x + 24, y, "dominant-baseline": "central", class: "value" }, name),
      );
      x += length;
      return entry;
    });
  return { height: y + 12, node: s("g", null, entries) };
}

/** A small curve without axes, to tell components from each other at a glance. */
export function spark(values, width, height, { label, colour = "" }) {
  const most = Array.from(values).reduce((a, b) => Math.max(a, b), 0) || 1;
  const step = width / Math.max(1, values.length - 1);
  const points = Array.from(
    values,
    (value, at) => `${(at * step).toFixed(1)} ${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`,
  );
  return s(
    "svg",
    {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": label,
      class: "spark",
      preserveAspectRatio: "none",
    },
    s("path", { d: `M${points.join("L")}V${height}H0Z`, class: `area ${colour}` }),
    s("path", { d: `M${points.join("L")}`, class: `curve ${colour}` }),
  );
}
