// Components: all as cards with their likeness to each other, and one with all that is known about it.

import { h, link, section, table } from "./dom.js";
import { bars } from "./bars.js";
import { chart } from "./charts.js";
import { asMatrix } from "./data.js";
import { capital, number, percent, shortened } from "./format.js";
import { heatmap } from "./heat.js";
import { renameable } from "./labels.js";
import { original } from "./pictures.js";
import { inWords, portrait } from "./portrait.js";
import { placeIn } from "./router.js";

const FEATURES_SHOWN = 20;
const ITEMS_SHOWN = 8;
const MOST_CELLS = 40;

export const componentsView = {
  id: "components",
  name: (model) => capital(model.words.components),
  show: (model, argument) => {
    const c = placeIn(argument, model.k);
    return c === null ? everyComponent(model) : oneComponent(model, c);
  },
};

function everyComponent(model) {
  const { words, summary } = model;
  return [
    h("h1", null, capital(words.components)),
    h(
      "ul",
      { class: "cards" },
      model.components.map(({ share }, c) =>
        h(
          "li",
          { class: "card" },
          h("h2", null, link(`#/components/${c}`, model.labels[c])),
          h("p", { class: "note" }, `${percent(share)} of all`),
          portrait(model, c),
        ),
      ),
    ),
    chart({
      title: `Shares of the ${words.components}`,
      draw: (width) =>
        bars(
          model.shares.map((value, c) => ({ name: model.labels[c], value, href: `#/components/${c}` })),
          width,
          { label: `Bars: share of each ${words.component}`, format: percent },
        ),
      rows: () => [[words.component, "share"], ...model.shares.map((share, c) => [model.labels[c], share])],
    }),
    inWords(model) ? featureMap(model) : null,
    summary.similarity && model.k > 1 ? likeness(model) : null,
  ];
}

/** The strongest features of each component against all components: what is shared, what is its own. */
function featureMap(model) {
  const each = Math.max(1, Math.floor(MOST_CELLS / model.k));
  const chosen = [...new Set(model.components.flatMap((_, c) => model.topFeatures(c, each).map(([f]) => f)))].slice(
    0,
    MOST_CELLS,
  );
  const at = (c, place) => model.H.at(c, chosen[place]);
  return chart({
    title: `${capital(model.words.features)} and ${model.words.components}`,
    note: `The strongest ${model.words.features} of each; brighter is heavier.`,
    draw: (width) =>
      heatmap(
        {
          rows: model.labels,
          columns: chosen.map((f) => model.featureName(f)),
          at,
          label: `Heatmap: weights of ${model.words.features} in ${model.words.components}`,
        },
        width,
      ),
    rows: () => [
      [model.words.component, ...chosen.map((f) => model.featureName(f))],
      ...model.labels.map((label, c) => [label, ...chosen.map((_, place) => at(c, place))]),
    ],
  });
}

function likeness(model) {
  const cosines = asMatrix(model.summary.similarity);
  return chart({
    title: `How alike the ${model.words.components} are`,
    note: `Cosine between them: 1 is the same, 0 has nothing in common. Large values away from the diagonal hint at too many ${model.words.components}.`,
    draw: (width) =>
      heatmap(
        {
          rows: model.labels,
          columns: model.labels,
          at: (i, j) => cosines.at(i, j),
          top: 1,
          format: (value) => value.toFixed(2),
          label: "Heatmap: cosines between components",
        },
        Math.min(width, 180 + 64 * model.k),
      ),
    rows: () => [["", ...model.labels], ...model.labels.map((label, i) => [label, ...cosines.row(i)])],
  });
}

function oneComponent(model, c) {
  const { words, components } = model;
  return [
    h("p", { class: "trail" }, link("#/components", `All ${words.components}`), neighbourLinks(model, c)),
    renameable(model, c),
    h("p", { class: "lead" }, `${percent(components[c].share)} of what the model explains.`),
    inWords(model) ? null : h("div", { class: "card large portrait" }, portrait(model, c)),
    h("div", { class: "columns" }, model.summary.pictures ? null : featureBars(model, c), representatives(model, c)),
    h(
      "div",
      { class: "columns" },
      model.summary.similarity && model.k > 1 ? similarOnes(model, c) : null,
      measures(model, c),
    ),
  ];
}

function neighbourLinks(model, c) {
  return [
    [c - 1, "previous"],
    [c + 1, "next"],
  ]
    .filter(([other]) => other >= 0 && other < model.k)
    .map(([other, word]) => link(`#/components/${other}`, `${capital(word)}: ${shortened(model.labels[other], 30)}`));
}

function featureBars(model, c) {
  const strongest = model.topFeatures(c, FEATURES_SHOWN);
  const told = model.components[c].features;
  return chart({
    title: `${told ? "Most telling" : "Strongest"} ${model.words.features} of ${model.labels[c]}`,
    note: told
      ? `In the order of how much they tell it from the other ${model.words.components}; a bar is the weight.`
      : null,
    draw: (width) =>
      bars(
        strongest.map(([f, value]) => ({ name: model.featureName(f), value })),
        width,
        { label: `Bars: strongest ${model.words.features} of ${model.labels[c]}` },
      ),
    rows: () => [
      [model.words.feature, "weight"],
      ...model.topFeatures(c, Infinity).map(([f, weight]) => [model.featureName(f), weight]),
    ],
  });
}

/** Items of which there is a picture are shown by it. */
function pictured(model, c) {
  const { shown } = model.summary.pictures;
  const typical = model.representative(c, ITEMS_SHOWN).filter((i) => shown.includes(i));
  return typical.length === 0
    ? null
    : h(
        "ol",
        { class: "gallery" },
        typical.map((i) =>
          h(
            "li",
            null,
            original(model, i),
            link(`#/items/${i}`, shortened(model.itemName(i), 40)),
            h("span", { class: "note" }, percent(model.mixture(i)[c])),
          ),
        ),
      );
}

function representatives(model, c) {
  const { words, items } = model;
  if (model.n === 0) return null;
  const pictures = model.summary.pictures && pictured(model, c);
  if (pictures) return section(`Typical ${words.items}, and how much of each is ${model.labels[c]}`, pictures);
  return section(
    `Typical ${words.items}`,
    h(
      "ol",
      { class: "list" },
      model
        .representative(c, ITEMS_SHOWN)
        .map((i) =>
          h(
            "li",
            null,
            link(`#/items/${i}`, shortened(model.itemName(i), 80)),
            h("span", { class: "share" }, percent(model.mixture(i)[c])),
            items.texts && items.texts[i] !== items.names[i]
              ? h("p", { class: "snippet" }, shortened(items.texts[i], 220))
              : null,
          ),
        ),
    ),
  );
}

function similarOnes(model, c) {
  const others = model.similar(c, 5);
  return chart({
    title: `Most similar to ${model.labels[c]}`,
    note: "Cosine; 1 is the same.",
    draw: (width) =>
      bars(
        others.map(([other, value]) => ({ name: model.labels[other], value, href: `#/components/${other}` })),
        width,
        { label: "Bars: most similar components", format: (value) => value.toFixed(2), top: 1 },
      ),
    rows: () => [[model.words.component, "cosine"], ...others.map(([other, cosine]) => [model.labels[other], cosine])],
  });
}

function measures(model, c) {
  const all = model.components[c].measures ?? [];
  return all.length
    ? section(
        "Measures",
        table(
          `Measures of ${model.labels[c]}`,
          ["measure", "value"],
          all.map(([name, value]) => [name, number(value)]),
        ),
      )
    : null;
}
