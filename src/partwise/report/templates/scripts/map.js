// The map: components as circles by their share, items as dots; near is similar. Dots and circles open what they show.

import { choice, h, s } from "./dom.js";
import { asMatrix } from "./data.js";
import { chart } from "./charts.js";
import { colourClass, colourOf, PALETTE_SIZE } from "./colours.js";
import { percent, shortened } from "./format.js";
import { textWidth } from "./letters.js";

const REACH = 10;
const LARGEST_CIRCLE = 28;
const FEW = 8;

export const mapView = {
  id: "map",
  needs: "map",
  name: () => "Map",
  show: (model) => {
    const holder = h("div");
    const draw = (chosen) => holder.replaceChildren(mapChart(model, chosen === "" ? null : Number(chosen)));
    draw("");
    return [
      h("h1", null, "Map"),
      h(
        "p",
        { class: "lead" },
        `Near is similar. A circle is a ${model.words.component}, the larger the more it explains` +
          (model.summary.map.items
            ? `; a dot is a ${model.words.item}, in the colour of its main ${model.words.component}.`
            : "."),
        model.summary.map.how ? ` Places come from ${model.summary.map.how}.` : null,
      ),
      choice(
        "Show the part of",
        [["", `the main ${model.words.component}`], ...model.labels.map((label, c) => [c, shortened(label, 40)])],
        "",
        draw,
      ),
      holder,
    ];
  },
};

function mapChart(model, chosen) {
  const { map } = model.summary;
  const centres = asMatrix(map.components);
  const dots = map.items ? asMatrix(map.items) : null;
  return chart({
    title: `Map of ${model.words.components}${dots ? ` and ${model.words.items}` : ""}`,
    note: chosen === null ? null : `Strong dots have much of ${model.labels[chosen]}.`,
    draw: (width) =>
      layers(model, { centres, dots, chosen, width, height: Math.round(Math.max(320, Math.min(640, width * 0.66))) }),
    rows: () => [
      ["kind", "name", "x", "y", "share or main component"],
      ...model.components.map(({ share }, c) => [
        model.words.component,
        model.labels[c],
        centres.at(c, 0),
        centres.at(c, 1),
        share,
      ]),
      ...(dots
        ? model.items.names.map((name, i) => [
            model.words.item,
            name,
            dots.at(i, 0),
            dots.at(i, 1),
            model.labels[model.main(i)],
          ])
        : []),
    ],
  });
}

/** Dots on a canvas, circles above it as SVG links; one set of places for both. */
function layers(model, view) {
  const place = placing(view);
  const stack = h("div", { class: "stack", style: { height: `${view.height}px` } });
  if (view.dots) stack.append(dotLayer(model, view, place));
  stack.append(circleLayer(model, view, place));
  if (view.dots) openDots(model, view, place, stack);
  return stack;
}

/** From the unit of the map to pixels, the same for both directions. */
function placing({ centres, dots, width, height }) {
  const points = [centres, dots]
    .filter(Boolean)
    .flatMap((each) => Array.from({ length: each.rows }, (_, i) => [each.at(i, 0), each.at(i, 1)]));
  const range = (axis) =>
    points.reduce(
      ([low, high], point) => [Math.min(low, point[axis]), Math.max(high, point[axis])],
      [Infinity, -Infinity],
    );
  const [[x0, x1], [y0, y1]] = [range(0), range(1)];
  const scale = Math.min((width - 120) / (x1 - x0 || 1), (height - 90) / (y1 - y0 || 1));
  return (each, i) => [
    width / 2 + (each.at(i, 0) - (x0 + x1) / 2) * scale,
    height / 2 - (each.at(i, 1) - (y0 + y1) / 2) * scale,
  ];
}

function dotLayer(model, { dots, chosen, width, height }, place) {
  const sharp = Math.min(2, devicePixelRatio || 1);
  const canvas = h("canvas", {
    width: width * sharp,
    height: height * sharp,
    role: "img",
    "aria-label": `Dots: ${model.words.items}`,
    style: { width: `${width}px`, height: `${height}px` },
  });
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  const palette = Array.from({ length: PALETTE_SIZE }, (_, c) => colourOf(`--c${c}`));
  const size = model.n > 5000 ? 1.6 : model.n > 800 ? 2.4 : 3.6;
  for (let i = 0; i < dots.rows; i++) {
    const [x, y] = place(dots, i);
    const c = chosen ?? model.main(i);
    context.globalAlpha = chosen === null ? 0.55 : 0.06 + 0.9 * model.mixture(i)[chosen];
    context.fillStyle = palette[c % PALETTE_SIZE];
    context.beginPath();
    context.arc(x, y, size, 0, 7);
    context.fill();
  }
  return canvas;
}

function circleLayer(model, { centres, chosen, width, height }, place) {
  const most = Math.max(...model.shares) || 1;
  const order = model.shares.map((_, c) => c).sort((a, b) => model.shares[b] - model.shares[a]);
  const largestCircle = LARGEST_CIRCLE * Math.min(1, Math.sqrt(FEW / model.k));
  const named = freely();
  const names = [];
  return s(
    "svg",
    {
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "group",
      "aria-label": `Circles: ${model.words.components}`,
    },
    order.map((c) => {
      const [x, y] = place(centres, c);
      const radius = 6 + largestCircle * Math.sqrt(model.shares[c] / most);
      const name = `${model.labels[c]}, ${percent(model.shares[c])}`;
      names.push(named(x, y + radius, shortened(model.labels[c], width < 600 ? 14 : 24)));
      return s(
        "a",
        { href: `#/components/${c}`, "aria-label": name, class: chosen !== null && chosen !== c ? "faded" : "" },
        s("title", null, name),
        s("circle", { cx: x, cy: y, r: radius, class: `bubble ${colourClass(c)}` }),
      );
    }),
    names,
  );
}

/** Names under circles, as long as they are on no other name; who asks first, is named first. */
function freely() {
  const taken = [];
  return (x, y, text) => {
    const half = textWidth(text) / 2 + 8;
    if (taken.some((other) => Math.abs(other.y - y) < 16 && Math.abs(other.x - x) < other.half + half)) return null;
    taken.push({ x, y, half });
    return s("text", { x, y: y + 13, "text-anchor": "middle", class: "on-map" }, text);
  };
}

/** A click near a dot opens its item; the pointer tells its name before. Circles come first: they are links above. */
function openDots(model, { dots }, place, stack) {
  const nearest = (event) => {
    const box = stack.getBoundingClientRect();
    let found = null,
      best = REACH ** 2;
    for (let i = 0; i < dots.rows; i++) {
      const [x, y] = place(dots, i);
      const distance = (x - event.clientX + box.left) ** 2 + (y - event.clientY + box.top) ** 2;
      if (distance < best) [found, best] = [i, distance];
    }
    return found;
  };
  stack.addEventListener("pointermove", (event) => {
    const i = nearest(event);
    stack.title = i === null ? "" : `${shortened(model.itemName(i), 80)}: ${model.labels[model.main(i)]}`;
    stack.classList.toggle("pointing", i !== null);
  });
  stack.addEventListener("click", (event) => {
    const i = event.target.closest("a") ? null : nearest(event);
    if (i !== null) location.hash = `#/items/${i}`;
  });
}
