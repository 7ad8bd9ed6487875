// The first view: what was found, whether to trust it, and all components at a glance.

import { h, link, section, table } from "./dom.js";
import { capital, number, percent } from "./format.js";
import { inWords, portrait } from "./portrait.js";

const LARGE_FACTS = 4;

export const overviewView = {
  id: "overview",
  name: () => "Overview",
  show: (model) => [
    h("h1", null, model.summary.title),
    h("p", { class: "lead" }, sentence(model)),
    warnings(model.summary.overview),
    facts(model.summary.overview.facts),
    section(`All ${model.words.components} at a glance`, glance(model)),
    section("How the fit ended", ending(model.summary.overview), rest(model.summary.overview)),
    notices(model.summary.notices),
  ],
};

/** What is in the report, and what its words mean, for somebody who sees one for the first time. */
function sentence(model) {
  const {
    words,
    k,
    n,
    items,
    summary: { features },
  } = model;
  const kept = features.names.length;
  const all = items.total;
  return [
    `${number(k)} ${k === 1 ? words.component : words.components}${n ? ` in ${number(all)} ${words.items}` : ""}.`,
    `Each ${words.item} is a mixture of ${words.components};`,
    `each ${words.component} is ${inWords(model) ? `a list of ${words.features} with weights` : `a pattern over the ${words.features}`}.`,
    features.total > kept
      ? `The ${number(kept)} strongest of ${number(features.total)} ${words.features} are in this file.`
      : "",
    n && n < all ? `${number(n)} of the ${number(all)} ${words.items} are in this file.` : "",
    n ? "" : `The ${words.items} are not in this file.`,
  ]
    .filter(Boolean)
    .join(" ");
}

function warnings({ warnings: told, converged }) {
  const sentences = [...told, ...(converged === false && told.length === 0 ? ["The fit did not converge."] : [])];
  if (sentences.length === 0) return null;
  return h(
    "section",
    { class: "warning", "aria-label": "Warnings" },
    h("h2", null, sentences.length === 1 ? "Warning" : "Warnings"),
    h(
      "ul",
      null,
      sentences.map((text) => h("li", null, text)),
    ),
  );
}

function facts(all) {
  return h(
    "dl",
    { class: "facts" },
    all.slice(0, LARGE_FACTS).map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, number(value)))),
  );
}

/** Name, share as a bar, and what it looks like: a line for each component, a tile where it is a picture. */
function glance(model) {
  const most = Math.max(...model.shares) || 1;
  return h(
    "ol",
    { class: model.summary.pictures ? "glance tiles" : "glance" },
    model.components.map(({ share }, c) =>
      h(
        "li",
        null,
        h(
          "div",
          { class: "who" },
          link(`#/components/${c}`, model.labels[c]),
          h("span", { class: "share" }, percent(share)),
        ),
        h("div", { class: "meter", "aria-hidden": "true" }, h("div", { style: { width: `${(100 * share) / most}%` } })),
        h("div", { class: "portrait" }, portrait(model, c)),
      ),
    ),
  );
}

function ending({ stop_reason: reason, converged }) {
  const verdict = converged === true ? "Converged." : converged === false ? "Not converged." : "";
  return reason || verdict ? h("p", null, verdict ? h("strong", null, `${verdict} `) : null, reason) : null;
}

function rest({ facts: all, provenance }) {
  const more = all.slice(LARGE_FACTS);
  return [
    more.length
      ? table(
          "More figures",
          ["figure", "value"],
          more.map(([name, value]) => [name, number(value)]),
        )
      : null,
    provenance.length
      ? h(
          "details",
          null,
          h("summary", null, "Where this comes from"),
          h(
            "div",
            { class: "provenance" },
            table(
              "Provenance",
              ["what", "value"],
              provenance.map(([name, value]) => [name, String(value)]),
            ),
          ),
        )
      : null,
  ];
}

function notices(all) {
  return all.length
    ? h(
        "section",
        { class: "notice", "aria-label": "About this file" },
        h("h2", null, "About this file"),
        h(
          "ul",
          null,
          all.map((text) => h("li", null, capital(text))),
        ),
      )
    : null;
}
