// Ratings: tastes as cards of what they like and leave, and a page for each user with what to try next and why.

import { choice, h, link, section, table } from "./dom.js";
import { bars } from "./bars.js";
import { chart } from "./charts.js";
import { colourClass } from "./colours.js";
import { capital, number, percent, shortened } from "./format.js";
import { largest } from "./model.js";
import { placeIn } from "./router.js";

export const ratingsView = {
  id: "ratings",
  needs: "ratings",
  name: (model) => `${capital(model.words.components)} and ${model.words.items}`,
  show: (model, argument) => {
    const place = placeIn(argument, model.summary.ratings.users.length);
    return place === null ? tasteCards(model) : userPage(model, place);
  },
};

function chooser(model, place) {
  const { users } = model.summary.ratings;
  return choice(
    `Open a ${model.words.item}`,
    [["", "choose ..."], ...users.map(({ item }, at) => [at, shortened(model.itemName(item), 40)])],
    place ?? "",
    (value) => {
      location.hash = value === "" ? "#/ratings" : `#/ratings/${value}`;
    },
  );
}

function tasteCards(model) {
  const { words, summary } = model;
  const names = (list, kind) =>
    h(
      "div",
      null,
      h("h3", null, kind),
      h(
        "ol",
        { class: kind === "Loves" ? "loves" : "leaves" },
        list.map(([f, weight]) => h("li", null, model.featureName(f), h("span", { class: "share" }, number(weight)))),
      ),
    );
  return [
    h("h1", null, `${capital(words.components)} and ${words.items}`),
    h(
      "p",
      { class: "lead" },
      `A ${words.component} is a way of choosing: ${words.features} that the same people like. Every ${words.item} is a mixture of them.`,
    ),
    chooser(model, null),
    h(
      "ul",
      { class: "cards" },
      summary.ratings.cards.map(({ top, bottom }, c) =>
        h(
          "li",
          { class: "card" },
          h("h2", null, link(`#/components/${c}`, model.labels[c])),
          h("p", { class: "note" }, `${percent(model.shares[c])} of all`),
          names(top, "Loves"),
          names(bottom, "Leaves"),
        ),
      ),
    ),
  ];
}

function userPage(model, place) {
  const { scale, users } = model.summary.ratings;
  const { item, ratings, recommended } = users[place];
  const { words } = model;
  const who = model.itemName(item);
  return [
    h(
      "p",
      { class: "trail" },
      link("#/ratings", `All ${words.components}`),
      link(`#/items/${item}`, `${capital(words.item)} in detail`),
    ),
    h("h1", null, who),
    chooser(model, place),
    h(
      "div",
      { class: "columns" },
      section(
        "What to try next",
        recommended.length
          ? table(
              `For ${who}`,
              [words.feature, "score", "why"],
              recommended.map(([f, score, reason]) => [model.featureName(f), number(score), reason]),
            )
          : h("p", null, "Nothing is left to recommend."),
      ),
      tasteBars(model, item, who),
    ),
    rated(model, ratings, scale, who),
  ];
}

function tasteBars(model, i, who) {
  const parts = model.mixture(i);
  const order = largest(parts, 10).filter((c) => parts[c] > 0);
  return chart({
    title: `${capital(model.words.components)} of ${who}`,
    draw: (width) =>
      bars(
        order.map((c) => ({
          name: model.labels[c],
          value: parts[c],
          href: `#/components/${c}`,
          colour: colourClass(c),
        })),
        width,
        { label: `Bars: ${model.words.components} of ${who}`, format: percent },
      ),
    rows: () => [[model.words.component, "part"], ...order.map((c) => [model.labels[c], parts[c]])],
  });
}

function rated(model, ratings, scale, who) {
  if (ratings.length === 0) return h("p", { class: "note" }, `${who} has rated nothing.`);
  const title = scale ? `Rated by ${who}` : `Chosen by ${who}`;
  return chart({
    title,
    note: scale ? `From ${number(scale[0])} to ${number(scale[1])}.` : null,
    draw: (width) =>
      bars(
        ratings.map(([f, value]) => ({ name: model.featureName(f), value })),
        width,
        { label: `Bars: ${title}`, top: scale?.[1] ?? null },
      ),
    rows: () => [[model.words.feature, "value"], ...ratings.map(([f, value]) => [model.featureName(f), value])],
  });
}

/** For the page of an item: the way to its page of recommendations. */
export function aboutUser(model, i) {
  const place = model.summary.ratings?.users.findIndex(({ item }) => item === i) ?? -1;
  return place < 0 ? null : h("p", null, link(`#/ratings/${place}`, `What to recommend, and what was rated`));
}
