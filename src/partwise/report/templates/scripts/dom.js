// Elements from plain descriptions. The one way text of the user gets into the page: as a text node.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: h("a", {href: "#/", class: "x", onclick: f, style: {width: "3px"}}, "text", child, [more]). */
export function h(tag, properties, ...children) {
  return furnished(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function s(tag, properties, ...children) {
  return furnished(document.createElementNS(SVG, tag), properties, children);
}

/** Sets what describes an element. Style goes through CSSOM, because the policy of the page forbids style attributes. */
function furnished(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, each] of Object.entries(value)) element.style.setProperty(key, each);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** A link to a view, which is an address behind the hash: the back button and bookmarks work. */
export function link(address, ...children) {
  return h("a", { href: address }, ...children);
}

/** A table with a caption; the first column names the rows. */
export function table(caption, columns, rows) {
  const head = columns.map((name) => h("th", { scope: "col" }, name));
  const body = rows.map((row) =>
    h(
      "tr",
      null,
      row.map((cell, place) => (place === 0 ? h("th", { scope: "row" }, cell) : h("td", null, cell))),
    ),
  );
  return h("table", null, h("caption", null, caption), h("thead", null, h("tr", null, head)), h("tbody", null, body));
}

/** A part of a view with its heading. */
export function section(title, ...children) {
  return h("section", { class: "card" }, h("h2", null, title), ...children);
}

/** A labelled choice. ``options`` are [value, text]; ``choose`` is called with the value. */
export function choice(label, options, chosen, choose) {
  const select = h(
    "select",
    { onchange: (event) => choose(event.target.value) },
    options.map(([value, text]) => h("option", { value, selected: String(value) === String(chosen) }, text)),
  );
  return h("label", { class: "choice" }, h("span", null, label), select);
}
