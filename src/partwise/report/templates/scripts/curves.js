// Components as curves (spectra of endmembers, sources in time) and as maps of a scene.

import { h, link } from "./dom.js";
import { asMatrix } from "./data.js";
import { chart, key } from "./charts.js";
import { colourClass, colourOf, PALETTE_SIZE, viridis } from "./colours.js";
import { capital, number, percent } from "./format.js";
import { raster, scaleBar, shownIn } from "./heat.js";
import { largest } from "./model.js";
import { lines, spark } from "./lines.js";

const APART_FROM = 6;
const OBSERVED_SHOWN = 40;
const TALLEST = 420;

export const curvesView = {
  id: "curves",
  needs: "curves",
  name: () => "Curves",
  show: (model) => {
    const { curves } = model.summary;
    const values = asMatrix(curves.values);
    const series = model.labels.map((name, c) => ({ name, x: curves.axis, y: values.row(c), colour: colourClass(c) }));
    const title = `${capital(model.words.components)}: ${curves.value_name} by ${curves.axis_name}`;
    return [
      h("h1", null, `${capital(model.words.components)} as curves`),
      h(
        "p",
        { class: "lead" },
        `${capital(curves.value_name)} of each ${model.words.component} along the axis: ${curves.axis_name}.`,
      ),
      model.k <= APART_FROM ? curveChart(title, series, curves) : null,
      series.map((each) => curveChart(each.name, [each], curves, 180)),
      curves.observed ? observed(model, curves) : null,
    ];
  },
};

function curveChart(title, series, { axis, axis_name: xName, value_name: yName }, height = 340) {
  return chart({
    title,
    draw: (width) =>
      lines(series, width, {
        label: `Curves: ${title}`,
        xName,
        yName,
        height,
        low: Math.min(0, ...series.map((each) => each.y.reduce((a, b) => Math.min(a, b), 0))),
      }),
    rows: () => [
      [xName, ...series.map((each) => each.name)],
      ...Array.from(axis, (x, at) => [x, ...series.map((each) => each.y[at])]),
    ],
  });
}

/** What was measured, to compare: the first few, each a chart of its own when they are few. */
function observed(model, curves) {
  const values = asMatrix(curves.observed.values);
  const series = curves.observed.names
    .slice(0, OBSERVED_SHOWN)
    .map((name, at) => ({ name, x: curves.axis, y: values.row(at), quiet: true }));
  return [
    h("h2", null, "What was observed"),
    series.length <= APART_FROM
      ? series.map((each) => curveChart(`Observed: ${each.name}`, [each], curves, 150))
      : curveChart(`Observed ${model.words.features}`, series, curves),
  ];
}

/** A component as a small curve. */
export function curvePortrait(model, c) {
  return spark(asMatrix(model.summary.curves.values).row(c), 320, 56, {
    label: `Curve of ${model.labels[c]}`,
    colour: colourClass(c),
  });
}

export const mapsView = {
  id: "maps",
  needs: "maps",
  name: () => "Maps",
  show: (model) => {
    const { maps } = model.summary;
    const values = asMatrix(maps.values);
    return [
      h("h1", null, `Where the ${model.words.components} are`),
      h(
        "p",
        { class: "lead" },
        `${capital(maps.name)} of each ${model.words.component} in the scene; bright is much. All maps have the same colours.`,
      ),
      scaleBar("0", number(values.most)),
      h(
        "div",
        { class: "panels" },
        model.labels.map((label, c) => oneMap(model, c, label, values)),
      ),
      model.k > 1 ? dominant(model, values) : null,
    ];
  },
};

function oneMap(model, c, label, values) {
  const { maps } = model.summary;
  const most = values.most || 1;
  const box = chart({
    title: label,
    note: `${percent(model.shares[c])} of all`,
    draw: (width) =>
      shownIn(
        sceneOf(maps, (at) => viridis(values.at(c, at) / most), `Map: ${maps.name} of ${label}`),
        width,
        TALLEST,
      ),
    rows: () => [
      ["row", "column", maps.name],
      ...Array.from(values.row(c), (value, at) => [Math.floor(at / maps.width), at % maps.width, value]),
    ],
  });
  box.querySelector(".title").replaceChildren(link(`#/components/${c}`, label));
  return box;
}

/** Which component is strongest at each place, in the colours of the components. */
function dominant(model, values) {
  const { maps } = model.summary;
  const title = `The strongest ${model.words.component} at each place`;
  const at = (place) =>
    largest(
      model.labels.map((_, c) => values.at(c, place)),
      1,
    )[0];
  const palette = () => Array.from({ length: PALETTE_SIZE }, (_, c) => colourOf(`--c${c}`).match(/\d+/g).map(Number));
  return chart({
    title,
    note: key(model.labels),
    draw: (width) => {
      const colours = palette();
      return shownIn(
        sceneOf(maps, (place) => colours[at(place) % PALETTE_SIZE], `Map: ${title}`),
        width,
        TALLEST,
      );
    },
    rows: () => [
      ["row", "column", model.words.component],
      ...Array.from({ length: values.columns }, (_, place) => [
        Math.floor(place / maps.width),
        place % maps.width,
        model.labels[at(place)],
      ]),
    ],
  });
}

function sceneOf({ height, width }, colour, label) {
  return raster({ rows: height, columns: width, colour: (row, column) => colour(row * width + column), label });
}

export function mapPortrait(model, c) {
  const { maps } = model.summary;
  const row = asMatrix(maps.values).row(c);
  const most = row.reduce((a, b) => Math.max(a, b), 0) || 1;
  return sceneOf(maps, (at) => viridis(row[at] / most), `Map of ${model.labels[c]}`);
}
