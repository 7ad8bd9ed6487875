// Addresses behind the hash, as #/view/argument: the back button, bookmarks and links work.

import { h, link } from "./dom.js";

/** Draws ``views`` as the hash says. Returns the function that draws again, after a change of labels or light. */
export function route(model, views) {
  const main = document.getElementById("main");
  const nav = document.getElementById("views");
  const entries = views.map((view) => h("li", null, link(`#/${view.id}`, view.name(model))));
  nav.append(h("ul", null, entries));
  let first = true;
  const draw = (move) => {
    const [id, argument] = location.hash.slice(2).split("/").map(decodeURIComponent);
    const place = Math.max(
      0,
      views.findIndex((view) => view.id === id),
    );
    main.replaceChildren(...views[place].show(model, argument).flat(Infinity).filter(Boolean));
    entries.forEach((entry, at) => mark(entry.firstChild, at === place));
    const heading = main.querySelector("h1");
    document.title = `${heading.textContent} · ${model.summary.title}`;
    if (move && !first) arrive(heading);
    first = false;
  };
  addEventListener("hashchange", () => draw(true));
  draw(true);
  return () => draw(false);
}

/** Says which view is open, and brings its name into sight where the names scroll. */
function mark(anchor, open) {
  if (open) anchor.setAttribute("aria-current", "page");
  else anchor.removeAttribute("aria-current");
  if (open) anchor.parentNode.parentNode.scrollLeft = anchor.offsetLeft - 40;
}

/** A new view starts at its heading, for eyes and for a screen reader. */
function arrive(heading) {
  heading.setAttribute("tabindex", "-1");
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
}

/** ``argument`` as a place among ``count``, or null. */
export function placeIn(argument, count) {
  const place = /^\d+$/.test(argument ?? "") ? Number(argument) : -1;
  return place >= 0 && place < count ? place : null;
}
