// The summary out of the islands of the page: gzip and base64 undone, arrays as typed arrays (see README.md).

const TYPES = { u1: Uint8Array, u4: Uint32Array, i4: Int32Array, f4: Float32Array };

/** Rows and columns over a flat array; a scale for each row where the values are quantised. */
export class Matrix {
  constructor(values, rows, columns, scale = null) {
    Object.assign(this, { values, rows, columns, scale });
  }

  at(row, column) {
    const value = this.values[row * this.columns + column];
    return this.scale ? value * this.scale[row] : value;
  }

  row(row) {
    const found = Float32Array.from(this.values.subarray(row * this.columns, (row + 1) * this.columns));
    return this.scale ? found.map((value) => value * this.scale[row]) : found;
  }

  /** The largest of all values. */
  get most() {
    let most = 0;
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < this.columns; column++) most = Math.max(most, this.at(row, column));
    return most;
  }
}

/** The summary that the page carries. */
export async function readSummary() {
  const [tree, bytes] = await Promise.all([island("tree"), island("bytes")]);
  return revived(JSON.parse(new TextDecoder().decode(tree)), bytes);
}

/** The bytes of an island. Response reads a stream without a request, so the policy may forbid every connection. */
async function island(name) {
  const element = document.getElementById(`island-${name}`);
  const packed = decodedBase64(element.textContent);
  element.remove();
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

function decodedBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The tree with its arrays in place: flat ones as typed arrays, others as matrices of their first axis. */
function revived(value, bytes) {
  if (Array.isArray(value)) return value.map((each) => revived(each, bytes));
  if (value === null || typeof value !== "object") return value;
  if ("at" in value && "dtype" in value) return placed(value, bytes);
  for (const key of Object.keys(value)) value[key] = revived(value[key], bytes);
  return value.values instanceof Matrix && value.scale ? scaled(value) : value;
}

function placed({ dtype, shape, at }, bytes) {
  const size = shape.reduce((product, length) => product * length, 1);
  const flat = new TYPES[dtype](bytes, at, size);
  return shape.length === 1 ? flat : new Matrix(flat, shape[0], shape[0] ? size / shape[0] : 0);
}

function scaled({ values, scale }) {
  return new Matrix(values.values, values.rows, values.columns, scale);
}

/** A list of lists as a matrix; a matrix stays. */
export function asMatrix(value) {
  if (value instanceof Matrix) return value;
  const columns = value.length ? value[0].length : 0;
  return new Matrix(Float32Array.from(value.flatMap((row) => Array.from(row))), value.length, columns);
}
