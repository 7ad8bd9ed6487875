// Signatures: their channels in fixed order, coloured by group, and the references that they resemble.

import { link, s } from "./dom.js";
import { stackedBars } from "./bars.js";
import { asMatrix } from "./data.js";
import { chart, key } from "./charts.js";
import { colourClass } from "./colours.js";
import { capital, percent } from "./format.js";
import { largest } from "./model.js";

const HEIGHT = 190;
const ITEMS_DRAWN = 40;

export const channelsView = {
  id: "channels",
  needs: "channels",
  name: (model) => `${capital(model.words.features)}`,
  show: (model) => [
    h("h1", null, `${capital(model.words.components)} by ${model.words.feature}`),
    h(
      "p",
      { class: "lead" },
      `Each bar is a ${model.words.feature}, in the order of the field; colours are groups. The bars of a ${model.words.component} sum to 100 %.`,
    ),
    model.labels.map((label, c) => oneSignature(model, c, label)),
    exposures(model),
  ],
};

function oneSignature(model, c, label) {
  const { channels } = model.summary;
  const values = asMatrix(channels.weights).row(c);
  const box = chart({
    title: label,
    note: told(model, c),
    draw: (width) => channelBars(channels, values, width, HEIGHT, `Bars: ${model.words.features} of ${label}`),
    rows: () => [
      [model.words.feature, "group", "share"],
      ...channels.names.map((name, at) => [name, channels.groups[at], values[at]]),
    ],
  });
  box.querySelector(".title").replaceChildren(link(`#/components/${c}`, label));
  return box;
}

/** Small and without names, for lists. */
export function channelPortrait(model, c) {
  const { channels } = model.summary;
  return channelBars(
    channels,
    asMatrix(channels.weights).row(c),
    320,
    56,
    `Bars: ${model.words.features} of ${model.labels[c]}`,
    false,
  );
}

function channelBars({ names, groups }, values, width, height, label, named = true) {
  const left = named ? 52 : 0;
  const top = named ? 24 : 0;
  const bottom = named ? 6 : 0;
  const step = (width - left) / names.length;
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  const order = [...new Set(groups)];
  const up = height - top - bottom;
  const bar = (name, at) =>
    s(
      "rect",
      {
        x: left + at * step,
        y: top + up * (1 - values[at] / most),
        width: Math.max(0.6, step * 0.8),
        height: (up * values[at]) / most,
        class: `bar ${colourClass(order.indexOf(groups[at]))}`,
      },
      s("title", null, `${name}: ${percent(values[at])}`),
    );
  return s(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    names.map(bar),
    named ? order.map((group) => groupName(group, groups, left, step)) : null,
    named
      ? [
          [1, percent(most)],
          [0, "0"],
        ].map(([part, text]) =>
          s(
            "text",
            {
              x: left - 8,
              y: top + up * (1 - part),
              "text-anchor": "end",
              "dominant-baseline": "central",
              class: "value",
            },
            text,
          ),
        )
      : null,
    s("line", { x1: left, x2: width, y1: height - bottom, y2: height - bottom, class: "axis" }),
  );
}

/** How much of each component every item has, in the unit of the data, as bars one after another. */
function exposures(model) {
  const order = largest(
    Array.from({ length: model.n }, (_, i) => amounts(model, i).reduce((a, b) => a + b, 0)),
    ITEMS_DRAWN,
  );
  const title = `${capital(model.words.components)} in ${model.words.items}`;
  return chart({
    title,
    note: [
      key(model.labels),
      model.n > ITEMS_DRAWN ? `The ${ITEMS_DRAWN} largest ${model.words.items}; all are in the CSV.` : null,
    ],
    draw: (width) =>
      stackedBars(
        order.map((i) => ({
          name: model.items.names[i],
          href: `#/items/${i}`,
          parts: amounts(model, i).map((value, c) => ({ name: model.labels[c], value, colour: colourClass(c) })),
        })),
        width,
        `Stacked bars: ${title}`,
      ),
    rows: () => [
      [model.words.item, ...model.labels],
      ...model.items.names.map((name, i) => [name, ...amounts(model, i)]),
    ],
  });
}

function amounts(model, i) {
  return model.components.map(({ mass }, c) => model.W.at(i, c) * mass);
}

/** The name of a group over the middle of its bars. */
function groupName(group, groups, left, step) {
  const first = groups.indexOf(group);
  const last = groups.lastIndexOf(group);
  return s("text", { x: left + ((first + last + 1) / 2) * step, y: 12, "text-anchor": "middle", class: "name" }, group);
}

/** Its share, and the known one that it resembles most. */
function told(model, c) {
  const match = model.summary.channels.matches?.[c];
  return `${percent(model.shares[c])} of all${match ? `; most like ${match[0]} (cosine ${match[1].toFixed(3)})` : ""}`;
}
