// Sound: a player and a curve of loudness for each stem, the spectrogram, and the notes as a piano roll.

import { h, s, section } from "./dom.js";
import { chart } from "./charts.js";
import { asMatrix } from "./data.js";
import { colourClass, viridis } from "./colours.js";
import { capital, clock, number, percent, shortened, ticks } from "./format.js";
import { raster, scaleBar } from "./heat.js";
import { spark } from "./lines.js";

const LOWEST = 40;
const SPECTROGRAM_ROWS = 200;
const KEY = 12;

export const soundView = {
  id: "sound",
  needs: "sound",
  name: () => "Listen",
  show: (model) => {
    const { sound } = model.summary;
    return [
      h("h1", null, "Listen"),
      h(
        "p",
        { class: "lead" },
        `A recording of ${clock(sound.seconds)}, taken apart into ${number(sound.stems.length)} stems. Together they are the recording again. The curve over a player is how loud its stem is, over the whole recording; what the players leave out is told in the overview.`,
      ),
      sound.mix ? section("The recording", player(sound.mix, "The recording")) : null,
      section(
        "The stems",
        h(
          "ol",
          { class: "stems" },
          sound.stems.map((stem, place) => oneStem(sound, stem, place)),
        ),
      ),
      spectrogram(sound),
      sound.notes?.length ? pianoRoll(sound) : null,
    ];
  },
};

/** The players' sound is in this file; its address is a Blob of the page. */
function player(bytes, name) {
  const address = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
  return h("audio", { controls: true, preload: "metadata", src: address, "aria-label": name });
}

function oneStem(sound, { name, wav, share }, place) {
  const loudness = asMatrix(sound.activations).row(place);
  return h(
    "li",
    null,
    h("h3", null, name, " ", h("span", { class: "share" }, percent(share))),
    spark(loudness, 800, 56, { label: `Loudness of ${name} over time`, colour: colourClass(place) }),
    wav ? player(wav, `Stem ${name}`) : null,
  );
}

/** A component as its loudness over time. */
export function soundPortrait(model, c) {
  const parts = Array.from({ length: model.n }, (_, i) => model.W.at(i, c));
  return spark(parts, 320, 56, { label: `${model.labels[c]} over time`, colour: colourClass(c) });
}

/** Time across, frequency up on a logarithmic axis. */
function spectrogram(sound) {
  const { frequencies, times, depth, spectrogram: levels } = sound;
  const last = frequencies[frequencies.length - 1];
  const bins = Array.from({ length: SPECTROGRAM_ROWS }, (_, row) =>
    nearest(frequencies, LOWEST * (last / LOWEST) ** (1 - row / (SPECTROGRAM_ROWS - 1))),
  );
  const image = () =>
    raster({
      rows: SPECTROGRAM_ROWS,
      columns: times.length,
      colour: (row, frame) => viridis(levels.at(frame, bins[row]) / 255),
      label: "Spectrogram: frequency over time",
    });
  return h(
    "div",
    null,
    chart({
      title: "Spectrogram",
      note: `Time goes to the right, ${number(times[times.length - 1])} seconds; frequency goes up from ${LOWEST} to ${number(last)} Hz, an octave always as tall.`,
      draw: (width) => h("div", { class: "stack spectrogram" }, image(), hertzMarks(width, last)),
      rows: () => [
        ["seconds", ...Array.from(frequencies, (f) => `${f.toFixed(1)} Hz`)],
        ...Array.from(times, (time, frame) => [
          time,
          ...Array.from(levels.row(frame), (level) => (level / 255 - 1) * depth),
        ]),
      ],
    }),
    scaleBar(`${number(-depth)} dB`, "0 dB, the loudest"),
  );
}

/** The place of the value that is nearest. */
function nearest(values, wanted) {
  return values.reduce(
    (best, value, place) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? place : best),
    0,
  );
}

/** Names of some frequencies on the picture. */
function hertzMarks(width, last) {
  const marks = [100, 200, 500, 1000, 2000, 5000, 10000].filter((f) => f < last);
  return s(
    "svg",
    { width, height: 300, viewBox: `0 0 ${width} 300`, "aria-hidden": "true" },
    marks.map((f) => {
      const y = 300 * (1 - Math.log(f / LOWEST) / Math.log(last / LOWEST));
      return s(
        "g",
        null,
        s("line", { x1: 0, x2: 8, y1: y, y2: y, class: "on-picture-line" }),
        s(
          "text",
          { x: 12, y, "dominant-baseline": "central", class: "on-picture" },
          f < 1000 ? `${f} Hz` : `${f / 1000} kHz`,
        ),
      );
    }),
  );
}

function pianoRoll({ notes, seconds, stems }) {
  const pitches = notes.map((note) => note[2]);
  const low = Math.min(...pitches) - 1;
  const high = Math.max(...pitches) + 1;
  const names = new Map(notes.map((note) => [note[2], note[3]]));
  const height = (high - low + 1) * KEY + 30;
  const left = 48;
  return chart({
    title: "Notes",
    note: `A bar is a note: time to the right, pitch up. ${capital(stems.length > 1 ? "colours are stems." : "")}`,
    draw: (width) => {
      const x = (time) => left + (time / seconds) * (width - left - 12);
      const y = (pitch) => (high - pitch) * KEY;
      return s(
        "svg",
        {
          width,
          height,
          viewBox: `0 0 ${width} ${height}`,
          role: "img",
          "aria-label": `Piano roll of ${notes.length} notes`,
        },
        [...names].map(([pitch, name]) =>
          s(
            "g",
            null,
            s("line", { x1: left, x2: width, y1: y(pitch) + KEY / 2, y2: y(pitch) + KEY / 2, class: "grid" }),
            high - low < 40 || name.startsWith("C")
              ? s(
                  "text",
                  {
                    x: left - 8,
                    y: y(pitch) + KEY / 2,
                    "text-anchor": "end",
                    "dominant-baseline": "central",
                    class: "value",
                  },
                  name,
                )
              : null,
          ),
        ),
        notes.map(([onset, offset, pitch, name, stem]) =>
          s(
            "rect",
            {
              x: x(onset),
              y: y(pitch) + 1,
              width: Math.max(2, x(offset) - x(onset)),
              height: KEY - 2,
              rx: 2,
              class: `bar ${colourClass(stem)}`,
            },
            s("title", null, `${name}, ${number(onset)} s, ${shortened(stems[stem]?.name ?? "", 30)}`),
          ),
        ),
        ticks(0, seconds, width / 100).map((time) =>
          s("text", { x: x(time), y: height - 8, "text-anchor": "middle", class: "value" }, `${number(time)} s`),
        ),
      );
    },
    rows: () => [
      ["onset", "offset", "midi", "note", "stem"],
      ...notes.map(([onset, offset, midi, name, stem]) => [onset, offset, midi, name, stems[stem]?.name]),
    ],
  });
}
