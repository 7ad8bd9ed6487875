// The frame around every chart: title, drawing, the numbers as a table, and buttons for PNG, SVG and CSV.

import { colourClass } from "./colours.js";
import { h, table } from "./dom.js";
import { asCSV, asPNG, asSVG, download } from "./export.js";
import { number } from "./format.js";

const ROWS_SHOWN = 200;

/**
 * A chart that fits its place: ``draw(width)`` gives an SVG, a canvas or an element that holds some, again after each change of
 * the width and after the event "redraw". ``rows()`` gives [names of columns, row, row ...], the numbers behind it.
 */
export function chart({ title, note, draw, rows }) {
  const place = h("div", { class: "drawing" });
  let last = 0;
  const fit = () => {
    const width = Math.floor(place.clientWidth);
    if (width > 0 && width !== last) place.replaceChildren(draw((last = width)));
  };
  new ResizeObserver(fit).observe(place);
  const figure = h(
    "figure",
    {
      class: "chart",
      onredraw: () => {
        last = 0;
        fit();
      },
    },
    h("figcaption", null, h("span", { class: "title" }, title), note ? h("span", { class: "note" }, note) : null),
    place,
    h("div", { class: "buttons" }, saveButtons(title, place, rows), numbers(title, rows)),
  );
  return figure;
}

/** The name of a file from the title of a chart: letters and digits of any script, joined by hyphens. */
export function fileName(title, suffix) {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["chart"];
  return `${words.join("-").slice(0, 60)}.${suffix}`;
}

function saveButtons(title, place, rows) {
  const button = (name, save) =>
    h("button", { type: "button", "aria-label": `${title}: save as ${name}`, onclick: save }, name);
  return [
    button("PNG", async () => download(fileName(title, "png"), await asPNG(place.firstChild))),
    button("SVG", () => download(fileName(title, "svg"), asSVG(place.firstChild), "image/svg+xml")),
    button("CSV", () => download(fileName(title, "csv"), asCSV(rows()), "text/csv;charset=utf-8")),
  ];
}

/** The numbers as a table, made when somebody opens it. */
function numbers(title, rows) {
  const details = h("details", null, h("summary", { "aria-label": `${title}: show the numbers` }, "Numbers"));
  details.addEventListener("toggle", () => {
    if (!details.open || details.children.length > 1) return;
    const [columns, ...all] = rows();
    const shown = all.slice(0, ROWS_SHOWN).map((row) => Array.from(row, number));
    const left = all.length - shown.length;
    details.append(
      h(
        "div",
        { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title}: numbers` },
        table(title, columns, shown),
      ),
      left ? h("p", { class: "note" }, `${number(left)} more rows in the CSV.`) : "",
    );
  });
  return details;
}

/** Which colour is which component. */
export function key(labels) {
  return h(
    "span",
    { class: "key" },
    labels.map((label, c) => [h("mark", { class: colourClass(c) }, label), " "]),
  );
}
