// Pictures: the parts, and a picture as a growing sum of them.

import { h, link } from "./dom.js";
import { chart } from "./charts.js";
import { grey } from "./colours.js";
import { capital, number, percent, shortened } from "./format.js";
import { raster, shownIn } from "./heat.js";
import { largest } from "./model.js";
import { placeIn } from "./router.js";

const THUMBNAILS = 60;
const TALL = 240;
const PAIR = 300;

export const picturesView = {
  id: "pictures",
  needs: "pictures",
  name: (model) => capital(model.words.items) + " from " + model.words.components,
  show: (model, argument) => {
    const { words, summary } = model;
    const shown = Array.from(summary.pictures.shown);
    const at = placeIn(argument, model.n);
    const i = shown.includes(at) ? at : shown[0];
    return [
      h("h1", null, `${capital(words.items)} from ${words.components}`),
      h(
        "p",
        { class: "lead" },
        `Every ${words.item} is a sum of ${words.components}, each as strong as it needs. Move the slider to add one after another.`,
      ),
      shown.length ? buildUp(model, i) : null,
      shown.length ? h("h2", null, `Choose another ${words.item}`) : null,
      h(
        "ul",
        { class: "thumbnails" },
        shown.slice(0, THUMBNAILS).map((each) =>
          h(
            "li",
            null,
            h(
              "a",
              {
                href: `#/pictures/${each}`,
                "aria-label": model.itemName(each),
                "aria-current": each === i ? "true" : null,
              },
              original(model, each),
            ),
          ),
        ),
      ),
      h("h2", null, `All ${words.components}`),
      h(
        "ul",
        { class: "gallery" },
        model.components.map(({ share }, c) =>
          h(
            "li",
            null,
            picturePortrait(model, c),
            link(`#/components/${c}`, model.labels[c]),
            h("span", { class: "note" }, percent(share)),
          ),
        ),
      ),
    ];
  },
};

/** A component as a picture, its largest value white. */
export function picturePortrait(model, c) {
  const { parts } = model.summary.pictures;
  const values = parts.row(c);
  return drawn(model.summary.pictures, values, values.reduce((a, b) => Math.max(a, b), 0) || 1, model.labels[c]);
}

/** For the page of an item: the way to its build-up. */
export function aboutPicture(model, i) {
  const { pictures } = model.summary;
  return pictures && pictures.shown.includes(i) ? buildUp(model, i) : null;
}

/** A flat array of values as a picture; ``top`` is white. */
function drawn({ height, width, channels }, values, top, label) {
  const colour =
    channels === 3
      ? (row, column) =>
          [0, 1, 2].map((channel) => 255 * Math.min(1, values[3 * (row * width + column) + channel] / top))
      : (row, column) => grey(values[row * width + column] / top);
  return raster({ rows: height, columns: width, colour, label });
}

/** A picture as it was given. */
export function original(model, i) {
  const { pictures } = model.summary;
  return drawn(pictures, pictures.originals.row(pictures.shown.indexOf(i)), 255, `${model.itemName(i)}, as it is`);
}

/** The sum of the first ``count`` of the components in ``order``, as strong as they are in item ``i``. */
function summed(model, i, order, count) {
  const { parts } = model.summary.pictures;
  const sum = new Float32Array(parts.columns);
  for (const c of order.slice(0, count)) {
    const weight = model.W.at(i, c);
    const row = parts.row(c);
    for (let at = 0; at < sum.length; at++) sum[at] += weight * row[at];
  }
  return sum;
}

/** The picture beside the sum so far, the slider, and the parts in the order in which they come. */
function buildUp(model, i) {
  const { pictures } = model.summary;
  const { words } = model;
  const parts = model.mixture(i);
  const order = largest(parts, model.k).filter((c) => parts[c] > 0);
  let count = order.length;
  const sum = chart({
    title: `Sum of ${words.components}`,
    draw: (width) =>
      shownIn(
        drawn(pictures, summed(model, i, order, count), pictures.top, `Sum of ${count} ${words.components}`),
        width,
        TALL,
      ),
    rows: () => [[words.component, "weight"], ...order.slice(0, count).map((c) => [model.labels[c], model.W.at(i, c)])],
  });
  const told = h("p", { class: "note", role: "status" });
  const added = order.map((c) =>
    h(
      "li",
      null,
      picturePortrait(model, c),
      link(`#/components/${c}`, shortened(model.labels[c], 20)),
      h("span", { class: "note" }, `× ${number(model.W.at(i, c))}`),
    ),
  );
  const tell = () => {
    told.textContent = `${count} of ${order.length} ${words.components}, the strongest first`;
    added.forEach((entry, at) => entry.classList.toggle("absent", at >= count));
  };
  const slider = h("input", {
    type: "range",
    min: 0,
    max: order.length,
    value: count,
    step: 1,
    oninput: (event) => {
      count = Number(event.target.value);
      sum.dispatchEvent(new Event("redraw"));
      tell();
    },
  });
  tell();
  return h(
    "div",
    { class: "card build-up" },
    h(
      "div",
      { class: "pair" },
      h(
        "figure",
        { class: "picture" },
        h("figcaption", null, shortened(model.itemName(i), 40)),
        shownIn(original(model, i), PAIR, TALL),
      ),
      sum,
    ),
    h("label", { class: "choice" }, h("span", null, `How many ${words.components}`), slider),
    told,
    h("ul", { class: "gallery small" }, added),
  );
}
