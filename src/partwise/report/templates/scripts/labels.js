// Names of components: change one in the page, take all changes home as labels.json (`partwise report --labels`).

import { h } from "./dom.js";
import { download } from "./export.js";

/** A heading that can be renamed in place. A new name is told to the page as the event "labels". */
export function renameable(model, c) {
  const heading = h("h1", null, model.labels[c]);
  const button = h("button", { type: "button", class: "quiet" }, "Rename");
  const place = h("div", { class: "heading" }, heading, button);
  button.addEventListener("click", () => {
    const input = h("input", {
      type: "text",
      value: model.labels[c],
      "aria-label": `New name of ${model.labels[c]}`,
      maxlength: 200,
    });
    const form = h(
      "form",
      {
        class: "rename",
        onsubmit: (event) => {
          event.preventDefault();
          rename(model, c, input.value);
        },
      },
      input,
      h("button", { type: "submit" }, "Save"),
      h("button", { type: "button", class: "quiet", onclick: back }, "Cancel"),
    );
    form.addEventListener("keydown", (event) => event.key === "Escape" && back());
    function back() {
      form.replaceWith(place);
      button.focus();
    }
    place.replaceWith(form);
    input.focus();
    input.select();
  });
  return place;
}

/** An empty name gives the old one back. */
function rename(model, c, name) {
  model.labels[c] = name.trim() || model.given[c];
  dispatchEvent(new Event("labels"));
}

/** The button that downloads the changed names; hidden as long as there are none. */
export function labelsButton(model) {
  const button = h("button", {
    type: "button",
    onclick: () => download("labels.json", labelsJSON(model), "application/json"),
  });
  const tell = () => {
    const count = Object.keys(model.renamed).length;
    button.hidden = count === 0;
    button.textContent = `Download labels.json (${count} renamed)`;
  };
  addEventListener("labels", tell);
  tell();
  return button;
}

function labelsJSON(model) {
  return `${JSON.stringify({ schema: 1, labels: model.renamed }, null, 2)}\n`;
}
