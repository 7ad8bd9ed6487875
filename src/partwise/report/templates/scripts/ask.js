// Questions to the server that this page came from: a box for each, and the answer below it. A file has no such view.

import { bars } from "./bars.js";
import { chart } from "./charts.js";
import { colourClass } from "./colours.js";
import { h, section, table } from "./dom.js";
import { number, percent } from "./format.js";
import { largest } from "./model.js";

export const askView = {
  id: "ask",
  needs: "live",
  name: () => "Ask",
  show: (model) => [
    h("h1", null, "Ask the model"),
    h("p", { class: "lead" }, "The server of this page answers; it keeps neither questions nor answers."),
    model.summary.live.map((question) => questionBox(model, question)),
  ],
};

function questionBox(model, question) {
  const input = h(question.form === "name" ? "input" : "textarea", { rows: 4, spellcheck: "false" });
  input.value = question.example;
  const answer = h("div", { class: "answer", role: "status" });
  const ask = async (event) => {
    event.preventDefault();
    answer.replaceChildren(await answerOrReason(model, question, input.value));
  };
  return section(
    question.title,
    h(
      "form",
      { onsubmit: ask },
      h("label", { class: "question" }, h("span", null, question.label), input),
      h("button", { type: "submit" }, "Ask"),
    ),
    answer,
  );
}

/** How what was typed becomes the value of the field that is asked with. */
const QUESTION_FORMS = {
  text: (typed) => typed,
  texts: (typed) => [typed],
  rows: (typed) => [JSON.parse(typed)],
  name: (typed) => typed.trim(),
};

async function answerOrReason(model, { path, field, form }, typed) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ [field]: QUESTION_FORMS[form](typed) }),
    });
    const found = await response.json();
    if (!response.ok) throw new Error(found.error);
    const kind = Object.keys(ANSWERS).find((key) => key in found);
    return ANSWERS[kind](model, found[kind]);
  } catch (error) {
    return h("p", { class: "warning" }, error.message);
  }
}

/** What an answer holds -> how it is shown. */
const ANSWERS = {
  weights: (model, [weights]) => answeredMixture(model, weights),
  similar: (model, found) =>
    table(
      "Most similar",
      ["name", "cosine"],
      found.map(({ name, cosine }) => [name, cosine.toFixed(3)]),
    ),
  recommendations: (model, found) =>
    table(
      "Recommended",
      ["item", "score", "because"],
      found.map(({ item, score, because }) => [item, number(score), because]),
    ),
};

function answeredMixture(model, weights) {
  const parts = weights.map((weight, c) => weight * model.components[c].mass);
  const sum = parts.reduce((total, part) => total + part, 0);
  const order = largest(parts, 10).filter((c) => parts[c] >= 0.0005 * sum && parts[c] > 0);
  if (order.length === 0) return h("p", { class: "note" }, `It is made of no ${model.words.component}.`);
  return chart({
    title: `Its ${model.words.components}`,
    draw: (width) =>
      bars(
        order.map((c) => ({
          name: model.labels[c],
          value: parts[c] / sum,
          href: `#/components/${c}`,
          colour: colourClass(c),
        })),
        width,
        { label: `Bars: ${model.words.components} of the answer`, format: percent },
      ),
    rows: () => [
      [model.words.component, "part", "weight"],
      ...order.map((c) => [model.labels[c], parts[c] / sum, weights[c]]),
    ],
  });
}
