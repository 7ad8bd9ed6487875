// Numbers and words for people.

const EXACT = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** A number to four digits, counts in full; a string stays as it is. */
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "unknown";
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value)) return WHOLE.format(value);
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e7) ? value.toExponential(2) : EXACT.format(value);
}

/** A share of 1 in percent: one digit more where there is little. */
export function percent(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "unknown";
  const digits = value > 0 && value < 0.0995 ? 1 : 0;
  return `${(100 * value).toFixed(digits)} %`;
}

/** Seconds as minutes and seconds. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** At most ``length`` characters, whole ones: an emoji of several code units is not cut in two. */
export function shortened(text, length) {
  if (text.length <= length) return text;
  return `${Array.from(text.slice(0, 2 * length))
    .slice(0, length - 1)
    .join("")
    .trimEnd()}…`;
}

/** Round places between two numbers for the marks of an axis, about ``count`` of them. */
export function ticks(low, high, count) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const found = [];
  for (let place = Math.ceil(low / step - 1e-9); place * step <= high + 1e-9 * step; place++)
    found.push(place * step + 0);
  return found;
}
