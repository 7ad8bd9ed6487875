// How wide text is in a chart, and text that fits.

const ruler = document.createElement("canvas").getContext("2d");

/** The width of a text in pixels, in the letters of the charts. */
export function textWidth(text, size = 13) {
  ruler.font = `${size}px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(text).width;
}

/** The width of the longest of some texts. */
export function widest(texts, size = 13) {
  return texts.reduce((most, text) => Math.max(most, textWidth(text.slice(0, 200), size)), 0);
}

/** The beginning of a text that is at most ``width`` wide. What is cut stands whole in the title of its element. */
export function fitting(text, width, size = 13) {
  const letters = Array.from(text.slice(0, 200));
  if (letters.length === text.length && textWidth(text, size) <= width) return text;
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size) > width)
    letters.length = Math.ceil(letters.length * 0.9) - 1;
  return `${letters.join("")}…`;
}
