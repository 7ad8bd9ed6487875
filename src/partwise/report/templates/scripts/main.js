// The page: reads the summary, puts up the views that have something to show, and follows the address.

import { askView } from "./ask.js";
import { channelsView } from "./channels.js";
import { componentsView } from "./components.js";
import { convergenceView } from "./convergence.js";
import { curvesView, mapsView } from "./curves.js";
import { readSummary } from "./data.js";
import { h } from "./dom.js";
import { groupsView, timeView } from "./groups.js";
import { itemsView } from "./items.js";
import { labelsButton } from "./labels.js";
import { mapView } from "./map.js";
import { Model } from "./model.js";
import { overviewView } from "./overview.js";
import { picturesView } from "./pictures.js";
import { route } from "./router.js";
import { soundView } from "./sound.js";
import { ratingsView } from "./users.js";

/** In the order of the menu. A view is there when the summary has what it needs. */
const VIEWS = [
  overviewView,
  askView,
  componentsView,
  picturesView,
  soundView,
  ratingsView,
  channelsView,
  curvesView,
  mapsView,
  itemsView,
  timeView,
  groupsView,
  mapView,
  convergenceView,
];

/** The button that turns the light on or off; until it is used, the page follows the system. */
function lightButton(redraw) {
  const dark = () =>
    getComputedStyle(document.documentElement).colorScheme === "dark" ||
    (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
  const button = h("button", {
    type: "button",
    class: "quiet",
    onclick: () => {
      document.documentElement.dataset.theme = dark() ? "light" : "dark";
      tell();
      redraw();
    },
  });
  const tell = () => {
    button.textContent = dark() ? "Light" : "Dark";
  };
  tell();
  return button;
}

async function start() {
  const model = new Model(await readSummary());
  const redraw = route(
    model,
    VIEWS.filter(({ needs }) => !needs || model.summary[needs]),
  );
  document.getElementById("tools").append(labelsButton(model), lightButton(redraw));
  document
    .getElementById("foot")
    .append(h("p", null, `Made with partwise. This page is one file and asks ${model.summary.live ? "its own server" : "the network for nothing"}.`));
  addEventListener("labels", redraw);
  document.querySelector(".skip").addEventListener("click", skip);
  requestAnimationFrame(() => setTimeout(ready));
}

/** The address holds the view, so this link moves the focus and leaves the address alone. */
function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

/** The first view has been drawn: for tests and for whoever measures. */
function ready() {
  performance.mark("ready");
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  document
    .getElementById("main")
    .replaceChildren(
      h("h1", null, "This report cannot be opened"),
      h("p", null, `${error.message}. It needs a browser of 2024 or later; the file may also be cut off.`),
    );
  throw error;
});
