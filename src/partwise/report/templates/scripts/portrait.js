// What a component looks like, small: a picture, a map, a curve, or else its strongest features as words.

import { h } from "./dom.js";
import { channelPortrait } from "./channels.js";
import { curvePortrait, mapPortrait } from "./curves.js";
import { picturePortrait } from "./pictures.js";
import { soundPortrait } from "./sound.js";

/** The first key that the summary has decides. */
const PORTRAITS = [
  ["pictures", picturePortrait],
  ["maps", mapPortrait],
  ["channels", channelPortrait],
  ["curves", curvePortrait],
  ["sound", soundPortrait],
];

const WORDS_SHOWN = 8;

/** A small element that shows component ``c``. */
export function portrait(model, c) {
  const found = PORTRAITS.find(([key]) => model.summary[key]);
  return found ? found[1](model, c) : wordPortrait(model, c);
}

/** Whether features speak for themselves: a word does, a pixel does not. */
export function inWords(model) {
  return !PORTRAITS.some(([key]) => model.summary[key]);
}

/** Names of the strongest features; the larger the weight, the larger the letters. */
function wordPortrait(model, c) {
  const strongest = model.topFeatures(c, WORDS_SHOWN);
  const most = strongest.length ? strongest[0][1] : 1;
  return h(
    "span",
    { class: "words" },
    strongest.map(([f, weight]) => [
      h(
        "span",
        { style: { "font-size": `${(0.85 + 0.3 * Math.sqrt(weight / most)).toFixed(2)}em` } },
        model.featureName(f),
      ),
      " ",
    ]),
  );
}
