// The text of an item with its telling words in the colours of the components that explain them.

import { h, section } from "./dom.js";
import { colourClass } from "./colours.js";
import { number } from "./format.js";
import { largest } from "./model.js";

const SHOWN_AT_FIRST = 4000;
const MOST_MARKED = 20_000;

export function textOf(model, i) {
  const text = model.items.texts[i];
  const place = h("p", { class: "text", dir: "auto" }, marked(model, i, text.slice(0, SHOWN_AT_FIRST)));
  const more =
    text.length > SHOWN_AT_FIRST &&
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          place.replaceChildren(
            ...marked(model, i, text.slice(0, MOST_MARKED)),
            document.createTextNode(text.slice(MOST_MARKED)),
          );
          more.remove();
        },
      },
      `Show all ${number(text.length)} characters`,
    );
  return section("Text", place, more, legend(model, i));
}

/** The text in pieces: plain, or a word that is a feature with a part of the item behind it. */
function marked(model, i, text) {
  const known = featurePlaces(model);
  return text.split(/([\p{L}\p{N}_'-]+)/u).map((piece) => {
    const f = known.get(piece.toLowerCase());
    if (f === undefined) return document.createTextNode(piece);
    const parts = model.contributions(i, f);
    const c = largest(parts, 1)[0];
    return parts[c] > 0
      ? h("mark", { class: colourClass(c), title: model.labels[c] }, piece)
      : document.createTextNode(piece);
  });
}

function featurePlaces(model) {
  return (model.places ??= new Map(model.summary.features.names.map((name, f) => [name.toLowerCase(), f])));
}

/** Only the components of which this item has something worth a colour. */
function legend(model, i) {
  const parts = model.mixture(i);
  return h(
    "p",
    { class: "legend" },
    "Words by what explains them: ",
    largest(parts, 4)
      .filter((c) => parts[c] > 0.05)
      .map((c) => [h("mark", { class: colourClass(c) }, model.labels[c]), " "]),
  );
}
