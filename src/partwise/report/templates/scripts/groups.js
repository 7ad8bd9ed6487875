// Shares of components in periods of time, and in groups of items.

import { h, link } from "./dom.js";
import { bars } from "./bars.js";
import { chart } from "./charts.js";
import { asMatrix } from "./data.js";
import { colourClass } from "./colours.js";
import { capital, number, percent } from "./format.js";
import { heatmap } from "./heat.js";
import { lines } from "./lines.js";

const PANEL = 170;

export const timeView = {
  id: "time",
  needs: "time",
  name: () => "Over time",
  show: (model) => {
    const { time } = model.summary;
    const shares = asMatrix(time.shares);
    return [
      h("h1", null, `${capital(model.words.components)} over time`),
      h(
        "p",
        { class: "lead" },
        `Mean share of each ${model.words.component} in the ${model.words.items} of a ${time.name}. All panels have the same scale.`,
      ),
      h(
        "div",
        { class: "panels" },
        model.labels.map((_, c) => panel(model, c, time, shares)),
      ),
      shareMap(model, { ...time, names: time.periods }, `${capital(model.words.components)} by ${time.name}`),
      time.counts ? counts(model, { ...time, names: time.periods }) : null,
    ];
  },
};

export const groupsView = {
  id: "groups",
  needs: "groups",
  name: () => "Groups",
  show: (model) => [
    h("h1", null, "Groups"),
    h("p", { class: "lead" }, `Mean share of each ${model.words.component} in every group of ${model.words.items}.`),
    model.summary.groups.map((group) => [
      shareMap(model, group, `${capital(model.words.components)} by ${group.name}`),
      group.counts ? counts(model, group) : null,
    ]),
  ],
};

/** One component against time, as an area. */
function panel(model, c, time, shares) {
  const x = time.periods.map((_, at) => at);
  const y = x.map((at) => shares.at(at, c));
  const high = shares.most;
  const box = chart({
    title: model.labels[c],
    draw: (width) =>
      lines([{ name: model.labels[c], x, y, colour: colourClass(c), area: true }], width, {
        height: PANEL,
        low: 0,
        high,
        label: `Area: share of ${model.labels[c]} by ${time.name}`,
        xName: time.name,
        yName: "share",
        format: percent,
        xMarks: x.map((at) => [at, time.periods[at]]),
      }),
    rows: () => [[time.name, "share"], ...x.map((at) => [time.periods[at], y[at]])],
  });
  box.querySelector(".title").replaceChildren(link(`#/components/${c}`, model.labels[c]));
  return box;
}

function shareMap(model, group, title) {
  const shares = asMatrix(group.shares);
  return chart({
    title,
    draw: (width) =>
      heatmap(
        {
          rows: model.labels,
          columns: group.names,
          at: (c, at) => shares.at(at, c),
          format: percent,
          label: `Heatmap: ${title}`,
        },
        width,
      ),
    rows: () => [[group.name, ...model.labels], ...group.names.map((name, at) => [name, ...shares.row(at)])],
  });
}

function counts(model, group) {
  const title = `${capital(model.words.items)} by ${group.name}`;
  return chart({
    title,
    draw: (width) =>
      bars(
        group.names.map((name, at) => ({ name, value: group.counts[at] })),
        width,
        { label: `Bars: ${title}`, format: number },
      ),
    rows: () => [[group.name, model.words.items], ...group.names.map((name, at) => [name, group.counts[at]])],
  });
}
