// Items: a list with a search, and one of them with its mixture, its neighbours and what the components rebuild of it.

import { choice, h, link, section, table } from "./dom.js";
import { bars } from "./bars.js";
import { chart } from "./charts.js";
import { colourClass, viridis } from "./colours.js";
import { capital, number, percent, shortened } from "./format.js";
import { banded, raster } from "./heat.js";
import { largest } from "./model.js";
import { aboutPicture } from "./pictures.js";
import { placeIn } from "./router.js";
import { textOf } from "./text.js";
import { aboutUser } from "./users.js";

const LISTED = 100;
const NEIGHBOURS = 6;
const MIXED = 10;

/** What was searched for last stays when another item is opened. */
const wanted = { query: "", component: "" };

export const itemsView = {
  id: "items",
  needs: "items",
  name: (model) => capital(model.words.items),
  show: (model, argument) => {
    const i = placeIn(argument, model.n);
    return [
      h("h1", null, i === null ? capital(model.words.items) : shortened(model.itemName(i), 120)),
      h(
        "div",
        { class: "split" },
        finder(model, i),
        h("div", { class: "found" }, i === null ? everyItem(model) : oneItem(model, i)),
      ),
    ];
  },
};

/** The search, the choice of a component, and the list of what they leave. */
function finder(model, open) {
  const { words } = model;
  const list = h("ol", { class: "list results" });
  const count = h("p", { class: "note", role: "status" });
  const update = () => {
    const found = ranked(model, model.search(wanted.query));
    count.textContent =
      `${number(found.length)} of ${number(model.n)} ${words.items}` +
      (found.length > LISTED ? `, the first ${LISTED} listed` : "");
    list.replaceChildren(...found.slice(0, LISTED).map((i) => entry(model, i, i === open)));
  };
  let timer = 0;
  const input = h("input", {
    type: "search",
    value: wanted.query,
    placeholder: `Words in a ${words.item}`,
    oninput: (event) => {
      wanted.query = event.target.value;
      clearTimeout(timer);
      timer = setTimeout(update, 120);
    },
  });
  update();
  return h(
    "div",
    { class: "finder", role: "search" },
    h("label", { class: "choice" }, h("span", null, `Search ${words.items}`), input),
    choice(
      "Most of",
      [["", `any ${words.component}`], ...model.labels.map((label, c) => [c, shortened(label, 40)])],
      wanted.component,
      (value) => {
        wanted.component = value;
        update();
      },
    ),
    count,
    list,
  );
}

/** Those found, with the most of the chosen component first. */
function ranked(model, found) {
  if (wanted.component === "") return found;
  const parts = model.partsOf(Number(wanted.component));
  return found.sort((a, b) => parts[b] - parts[a] || a - b);
}

function entry(model, i, open) {
  const { items } = model;
  const c = wanted.component === "" ? model.main(i) : Number(wanted.component);
  return h(
    "li",
    null,
    h("a", { href: `#/items/${i}`, "aria-current": open ? "true" : null }, shortened(model.itemName(i), 70)),
    h("span", { class: "share" }, `${shortened(model.labels[c], 24)} ${percent(model.mixture(i)[c])}`),
    items.texts ? h("p", { class: "snippet" }, shortened(items.texts[i], 70)) : null,
  );
}

/** All mixtures as one picture: a column for each item, those of the same main component side by side. */
function everyItem(model) {
  const order = Array.from({ length: model.n }, (_, i) => i);
  const main = order.map((i) => model.main(i));
  order.sort((a, b) => main[a] - main[b] || model.mixture(b)[main[b]] - model.mixture(a)[main[a]]);
  const columns = Math.min(model.n, 1200);
  const at = (column) => order[Math.floor((column * model.n) / columns)];
  return chart({
    title: `Mixtures of all ${model.words.items}`,
    note: `One column is one ${model.words.item}, sorted by its main ${model.words.component}; one band is one ${model.words.component}. Bright is much of it.`,
    draw: (width) =>
      banded(
        model.labels,
        width,
        raster({
          rows: model.k,
          columns,
          colour: (row, column) => viridis(model.mixture(at(column))[row]),
          label: `Heatmap: parts of ${model.words.components} in ${model.words.items}`,
        }),
      ),
    rows: () => [[model.words.item, ...model.labels], ...order.map((i) => [model.items.names[i], ...model.mixture(i)])],
  });
}

function oneItem(model, i) {
  const { items, words } = model;
  return [
    details(items, i),
    aboutPicture(model, i),
    aboutUser(model, i),
    items.texts ? textOf(model, i) : null,
    mixture(model, i),
    neighbours(model, i),
    items.cells ? rebuilding(model, i) : null,
    items.explained
      ? h("p", { class: "note" }, `The model explains ${percent(items.explained[i])} of this ${words.item}.`)
      : null,
  ];
}

function details({ details: known }, i) {
  if (!known) return null;
  return h(
    "dl",
    { class: "details" },
    known.columns.map((name, at) => h("div", null, h("dt", null, name), h("dd", null, number(known.rows[i][at])))),
  );
}

function mixture(model, i) {
  const parts = model.mixture(i);
  const order = largest(parts, MIXED).filter((c) => parts[c] > 0.005);
  const rows = order.map((c) => ({
    name: model.labels[c],
    value: parts[c],
    href: `#/components/${c}`,
    colour: colourClass(c),
  }));
  return chart({
    title: `What this ${model.words.item} is made of`,
    note: order.length ? null : `None of the ${model.words.components} is in it.`,
    draw: (width) => bars(rows, width, { label: `Bars: mixture of this ${model.words.item}`, format: percent }),
    rows: () => [[model.words.component, "part"], ...Array.from(parts, (part, c) => [model.labels[c], part])],
  });
}

function neighbours(model, i) {
  const near = model.neighbours(i, NEIGHBOURS);
  return section(
    `${capital(model.words.items)} with the most similar mixture`,
    h(
      "ol",
      { class: "list" },
      near.map(([j, cosine]) =>
        h(
          "li",
          null,
          link(`#/items/${j}`, shortened(model.itemName(j), 80)),
          h("span", { class: "share" }, `cosine ${cosine.toFixed(2)}`),
          model.items.texts ? h("p", { class: "snippet" }, shortened(model.items.texts[j], 140)) : null,
        ),
      ),
    ),
  );
}

/** Observed beside rebuilt, and which component rebuilds most of it. */
function rebuilding(model, i) {
  const cells = model.rebuilt(i);
  const sum = (each) => each.reduce((total, value) => total + value, 0);
  const { words } = model;
  return [
    chart({
      title: `Observed and rebuilt ${words.features}`,
      note: `Bar: observed. Tick: what the ${words.components} add up to.`,
      draw: (width) =>
        bars(
          cells.map(([f, value, parts]) => ({
            name: model.featureName(f),
            value,
            mark: sum(parts),
            colour: colourClass(largest(parts, 1)[0]),
          })),
          width,
          { label: `Bars: largest ${words.features} of this ${words.item}, ticks: rebuilt` },
        ),
      rows: () => [
        [words.feature, "observed", "rebuilt", ...model.labels],
        ...cells.map(([f, value, parts]) => [model.featureName(f), value, sum(parts), ...parts]),
      ],
    }),
    h(
      "details",
      { class: "card" },
      h("summary", null, `Which ${words.component} explains which ${words.feature}`),
      table(
        `Explained ${words.features}`,
        [words.feature, "mostly by", "its part of the rebuilt value"],
        cells.map(([f, , parts]) => {
          const best = largest(parts, 1)[0];
          return [
            model.featureName(f),
            sum(parts) > 0 ? model.labels[best] : "none",
            sum(parts) > 0 ? percent(parts[best] / sum(parts)) : "",
          ];
        }),
      ),
    ),
  ];
}
