// What leaves the page, as files: pictures of charts, tables, labels.

import { s } from "./dom.js";
import { colourOf } from "./colours.js";

/** The properties that page.css may set on a part of a chart. A file has no page.css, so they become attributes. */
const LOOKS = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linejoin",
  "opacity",
  "font-family",
  "font-size",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
];

export function download(name, content, type) {
  const address = URL.createObjectURL(content instanceof Blob ? content : new Blob([content], { type }));
  const anchor = document.createElement("a");
  Object.assign(anchor, { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** Comma-separated text. A cell that a spreadsheet would take for a formula gets a quote in front. */
export function asCSV(rows) {
  const cell = (value) => {
    const text = value === null || value === undefined ? "" : String(value);
    const safe = typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => Array.from(row, cell).join(",") + "\r\n").join("");
}

/** A drawing (SVG or canvas) as the text of an SVG file. */
export function asSVG(drawing) {
  return new XMLSerializer().serializeToString(alone(drawing));
}

/** A drawing as a PNG of twice its size on the screen. */
export async function asPNG(drawing) {
  const { width, height } = drawing.getBoundingClientRect();
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asSVG(drawing))}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: 2 * width, height: 2 * height });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

/** An SVG that needs neither the page nor its style: every SVG and canvas of the drawing at its place. */
function alone(drawing) {
  const { x: left, y: top, width, height } = drawing.getBoundingClientRect();
  const root = s(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}` },
    s("rect", { width, height, fill: colourOf("--card") }),
  );
  for (const layer of drawing.matches("svg, canvas") ? [drawing] : drawing.querySelectorAll("svg, canvas")) {
    const box = layer.getBoundingClientRect();
    const place = { x: box.x - left, y: box.y - top, width: box.width, height: box.height };
    const copy = layer.tagName === "CANVAS" ? pictureOf(layer) : copied(layer);
    for (const [name, value] of Object.entries(place)) copy.setAttribute(name, value);
    root.append(copy);
  }
  return root;
}

function pictureOf(canvas) {
  return s("image", {
    href: canvas.toDataURL(),
    preserveAspectRatio: "none",
    "image-rendering": getComputedStyle(canvas).imageRendering,
  });
}

/** A copy of an SVG with its looks as attributes, and without links, which lead nowhere outside of the page. */
function copied(source) {
  const copy = source.cloneNode(true);
  const originals = source.querySelectorAll("*");
  copy.querySelectorAll("*").forEach((element, place) => {
    const looks = getComputedStyle(originals[place]);
    for (const name of LOOKS) element.setAttribute(name, looks.getPropertyValue(name));
    element.removeAttribute("href");
    element.removeAttribute("class");
  });
  return copy;
}
