// Colours that the colour-blind can tell apart: Okabe and Ito's for components, viridis for values.

const VIRIDIS = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
];

export const PALETTE_SIZE = 8;

/** viridis at 0 to 1, as [red, green, blue]. */
export function viridis(value) {
  const place = Math.min(1, Math.max(0, value || 0)) * (VIRIDIS.length - 1);
  const low = Math.min(VIRIDIS.length - 2, Math.floor(place));
  return VIRIDIS[low].map((channel, at) => Math.round(channel + (place - low) * (VIRIDIS[low + 1][at] - channel)));
}

/** From black to white, for pictures. */
export function grey(value) {
  const level = Math.round(255 * Math.min(1, Math.max(0, value || 0)));
  return [level, level, level];
}

export function css([red, green, blue]) {
  return `rgb(${red}, ${green}, ${blue})`;
}

/** Black or white, whichever can be read on a colour. */
export function inkOn([red, green, blue]) {
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#000" : "#fff";
}

/** The class that gives component ``c`` its colour; see page.css. */
export function colourClass(c) {
  return `c${c % PALETTE_SIZE}`;
}

/** What a colour variable of page.css is in the present light, for a canvas. */
export function colourOf(variable) {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.setProperty("color", `var(${variable})`);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}
