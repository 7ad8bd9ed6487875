// Tables of values as colours: a few cells as SVG with their numbers, many as pixels.

import { h, s } from "./dom.js";
import { css, inkOn, viridis } from "./colours.js";
import { number } from "./format.js";
import { fitting, widest } from "./letters.js";

/** A heatmap with names at the left and below; the values are printed if there is room for all of them. */
export function heatmap({ rows, columns, at, label, format = number, top = null }, width) {
  const left = Math.min(widest(rows) + 12, width * 0.34);
  const cell = Math.min(64, (width - left - 4) / columns.length);
  const tall = Math.min(30, Math.max(18, cell));
  const below = Math.min(170, widest(columns, 12) * 0.82 + 22);
  const most = top ?? (Math.max(...rows.flatMap((_, i) => columns.map((__, j) => at(i, j) || 0))) || 1);
  const height = rows.length * tall + below;
  const every = Math.ceil(14 / cell);
  const printed =
    widest(
      rows.flatMap((_, i) => columns.map((__, j) => format(at(i, j)))),
      11,
    ) +
      6 <
    cell;
  return s(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    rows.map((name, i) => [
      s(
        "text",
        { x: left - 8, y: i * tall + tall / 2, "text-anchor": "end", "dominant-baseline": "central", class: "name" },
        s("title", null, name),
        fitting(name, left - 10),
      ),
      columns.map((column, j) =>
        oneCell(
          { x: left + j * cell, y: i * tall, cell, tall },
          at(i, j),
          most,
          `${name}, ${column}: ${format(at(i, j))}`,
          printed ? format(at(i, j)) : null,
        ),
      ),
    ]),
    columns.map((name, j) =>
      j % every
        ? null
        : s(
            "text",
            {
              class: "value",
              "text-anchor": "end",
              "dominant-baseline": "central",
              transform: `translate(${left + (j + 0.5) * cell} ${rows.length * tall + 8}) rotate(-55)`,
            },
            s("title", null, name),
            fitting(name, 180, 12),
          ),
    ),
  );
}

function oneCell({ x, y, cell, tall }, value, most, title, text) {
  const colour = viridis(value / most);
  return s(
    "g",
    null,
    s("title", null, title),
    s("rect", { x, y, width: Math.max(0.5, cell - 1), height: tall - 1, fill: css(colour) }),
    text
      ? s(
          "text",
          {
            x: x + cell / 2 - 0.5,
            y: y + tall / 2,
            "text-anchor": "middle",
            "dominant-baseline": "central",
            class: "in-cell",
            fill: inkOn(colour),
          },
          text,
        )
      : null,
  );
}

/** A canvas shown as large as ``width`` and ``height`` allow, in its own proportions. */
export function shownIn(canvas, width, height) {
  const scale = Math.min(width / canvas.width, height / canvas.height);
  canvas.style.setProperty("width", `${canvas.width * scale}px`);
  canvas.style.setProperty("height", `${canvas.height * scale}px`);
  return canvas;
}

/**
 * A canvas of ``rows`` x ``columns`` pixels, ``colour(row, column)`` each, shown as large as the style says.
 * Hard edges unless ``smooth``.
 */
export function raster({ rows, columns, colour, label, smooth = false }) {
  const canvas = h("canvas", {
    width: columns,
    height: rows,
    role: "img",
    "aria-label": label,
    class: smooth ? "smooth" : "pixels",
  });
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at += 4) {
      const [red, green, blue] = colour(row, column);
      image.data.set([red, green, blue, 255], at);
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** A raster whose rows have names: the names as an SVG at the left, both of them in one place. */
export function banded(names, width, canvas) {
  const left = Math.min(widest(names) + 12, width * 0.34);
  const tall = Math.min(64, Math.max(16, 360 / names.length));
  const height = names.length * tall;
  canvas.style.setProperty("width", `${width - left}px`);
  canvas.style.setProperty("height", `${height}px`);
  canvas.style.setProperty("left", `${left}px`);
  return h(
    "div",
    { class: "stack", style: { height: `${height}px` } },
    canvas,
    s(
      "svg",
      { width: left, height, viewBox: `0 0 ${left} ${height}`, "aria-hidden": "true" },
      names.map((name, row) =>
        s(
          "text",
          { x: left - 8, y: (row + 0.5) * tall, "text-anchor": "end", "dominant-baseline": "central", class: "name" },
          fitting(name, left - 10),
        ),
      ),
    ),
  );
}

/** The scale of viridis with its two ends named. */
export function scaleBar(low, high) {
  const bar = raster({
    rows: 1,
    columns: 64,
    colour: (_, column) => viridis(column / 63),
    label: `Colours from ${low} to ${high}`,
  });
  return h("div", { class: "scale" }, h("span", null, low), bar, h("span", null, high));
}
