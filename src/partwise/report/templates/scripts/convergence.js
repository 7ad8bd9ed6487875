// Convergence: the objective and the KKT residual against iterations.

import { h } from "./dom.js";
import { chart } from "./charts.js";
import { capital, number } from "./format.js";
import { lines } from "./lines.js";

export const convergenceView = {
  id: "convergence",
  needs: "convergence",
  name: () => "Convergence",
  show: (model) => {
    const { convergence, overview } = model.summary;
    const { iteration, objective, kkt, name } = convergence;
    return [
      h("h1", null, "Convergence"),
      h(
        "p",
        { class: "lead" },
        overview.stop_reason ?? "How the fit came to its end.",
        ` From ${number(objective[0])} to ${number(objective[objective.length - 1])}${name ? `, ${name}` : ""}.`,
      ),
      history({
        title: capital(name || "objective"),
        note: "It should fall and then stay level.",
        x: iteration,
        y: objective,
      }),
      kkt && Array.from(kkt).some((value) => value > 0)
        ? history({
            title: "KKT residual",
            log: true,
            x: iteration,
            y: kkt,
            colour: "c1",
            note: "How far from a point where no small change helps, relative to the start; the lower the better.",
          })
        : null,
    ];
  },
};

function history({ title, note, x, y, log = false, colour = "c0" }) {
  return chart({
    title,
    note,
    draw: (width) =>
      lines([{ name: title, x, y, colour }], width, {
        label: `Line: ${title} by iteration`,
        xName: "iteration",
        yName: log ? "logarithmic" : "objective",
        log,
      }),
    rows: () => [["iteration", title], ...Array.from(x, (each, at) => [each, y[at]])],
  });
}
