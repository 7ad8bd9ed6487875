// Questions to the summary: labels, mixtures, strongest features, neighbours. Nothing here draws.

import { asMatrix } from "./data.js";

/** The places of the ``count`` largest values, largest first; the first of equals comes first. */
export function largest(values, count) {
  const places = Array.from(values, (_, place) => place);
  return places.sort((a, b) => values[b] - values[a] || a - b).slice(0, count);
}

export class Model {
  constructor(summary) {
    this.summary = summary;
    this.words = summary.words;
    this.components = summary.components;
    this.items = summary.items ?? { names: [], weights: [] }; // a model without its data
    this.k = summary.components.length;
    this.n = this.items.names.length;
    this.W = asMatrix(this.items.weights);
    this.H = asMatrix(summary.features.weights);
    this.labels = summary.components.map((component) => component.label);
    this.given = [...this.labels];
  }

  /** The components that have another name now, and these names. */
  get renamed() {
    return Object.fromEntries(
      this.labels.map((label, c) => [c, label]).filter(([c, label]) => label !== this.given[c]),
    );
  }

  get shares() {
    return this.components.map((component) => component.share);
  }

  /** The parts of item ``i``: weight times mass of each component, over their sum. */
  mixture(i) {
    return this.mixtures.subarray(i * this.k, (i + 1) * this.k);
  }

  /** All mixtures, row by row; made once, at the first question. */
  get mixtures() {
    if (this.allMixtures) return this.allMixtures;
    const { n, k, W, components } = this;
    const all = new Float32Array(n * k);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let c = 0; c < k; c++) sum += all[i * k + c] = W.at(i, c) * components[c].mass;
      if (sum > 0) for (let c = 0; c < k; c++) all[i * k + c] /= sum;
    }
    return (this.allMixtures = all);
  }

  /** Part of component ``c`` in every item. */
  partsOf(c) {
    const { mixtures, k } = this;
    return Float32Array.from({ length: this.n }, (_, i) => mixtures[i * k + c]);
  }

  /** The component with the largest part in item ``i``. */
  main(i) {
    return largest(this.mixture(i), 1)[0];
  }

  /** [feature, weight] of a component, the most telling first. */
  topFeatures(c, count) {
    const weights = this.H.row(c);
    const order = this.components[c].features ?? largest(weights, count);
    return Array.from(order.slice(0, count), (f) => [f, weights[f]]).filter(([, weight]) => weight > 0);
  }

  featureName(f) {
    return this.summary.features.names[f];
  }

  /** The name of item ``i``; a bare number says of what it is the number. */
  itemName(i) {
    const name = this.items.names[i];
    return /^\d+$/.test(name) ? `${this.words.item} ${name}` : name;
  }

  topWords(c, count) {
    return this.topFeatures(c, count).map(([f]) => this.featureName(f));
  }

  representative(c, count) {
    const order = this.components[c].items ?? largest(this.partsOf(c), count);
    return Array.from(order)
      .filter((i) => this.mixture(i)[c] >= 0.0005) // less reads as 0.0 %
      .slice(0, count);
  }

  /** [component, cosine] of the others, most similar first. */
  similar(c, count) {
    const row = asMatrix(this.summary.similarity).row(c);
    row[c] = -1;
    return largest(row, Math.min(count, this.k - 1)).map((other) => [other, row[other]]);
  }

  /** [item, cosine] of the items with the most similar mixtures. O(n k). */
  neighbours(i, count) {
    const { mixtures, k, n } = this;
    const own = this.mixture(i);
    const cosines = new Float32Array(n);
    for (let j = 0; j < n; j++) {
      let product = 0,
        square = 0;
      for (let c = 0, at = j * k; c < k; c++, at++) {
        product += mixtures[at] * own[c];
        square += mixtures[at] * mixtures[at];
      }
      cosines[j] = square > 0 ? product / Math.sqrt(square) : 0;
    }
    const norm = Math.hypot(...own);
    cosines[i] = -1;
    return norm > 0 ? largest(cosines, Math.min(count, n - 1)).map((j) => [j, cosines[j] / norm]) : [];
  }

  /** What the components say about feature ``f`` of item ``i``, one number each; their sum is the rebuilt value. */
  contributions(i, f) {
    return Array.from({ length: this.k }, (_, c) => this.W.at(i, c) * this.H.at(c, f));
  }

  /** [feature, observed, contributions] of the largest features of an item. */
  rebuilt(i) {
    const { start, feature, value } = this.items.cells;
    return Array.from({ length: start[i + 1] - start[i] }, (_, place) => {
      const f = feature[start[i] + place];
      return [f, value[start[i] + place], this.contributions(i, f)];
    });
  }

  /** Items whose name or text holds every word of the query, in order; all of them for an empty one. */
  search(query) {
    const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = [];
    for (let i = 0; i < this.n; i++) {
      if (wanted.length === 0 || wanted.every((word) => this.searchable(i).includes(word))) found.push(i);
    }
    return found;
  }

  /** Name and text in lower case, kept after the first search. */
  searchable(i) {
    this.lower ??= [];
    return (this.lower[i] ??= `${this.items.names[i]}\n${this.items.texts?.[i] ?? ""}`.toLowerCase());
  }
}
