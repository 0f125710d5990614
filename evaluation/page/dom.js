"use strict";
// Names and labels come from files: they enter the page as text, never as markup.

const data = JSON.parse(document.getElementById("content").textContent);

/** Make an element; functions among the attributes listen to the event of their name. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Make an SVG element. */
function draw(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Show what steers text, such as line ends and turns of direction, as an escape. */
function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]/gu,
    (sign) => "\\u" + sign.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** A name or label, kept apart from the direction of the text around it. */
function named(text, attributes = {}) {
  return make("bdi", attributes, visible(text));
}

function labelled(indices) {
  return indices.length ? indices.map((index) => visible(data.labels[index])).join(" + ") : "no label";
}

function count(number, one, many = one + "s") {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

function shown(value, share = true) {
  if (value === null) return "·";
  return share ? `${(100 * value).toFixed(1)}%` : value.toFixed(4);
}

function spread(interval, share = true) {
  if (!interval) return "";
  const [low, high] = interval.map((end) => (share ? (100 * end).toFixed(1) : end.toFixed(4)));
  return `${low} to ${high}${share ? "%" : ""}`;
}

function section(id, title, ...children) {
  return make("section", { id, "aria-labelledby": `${id}-title` },
    make("h2", { id: `${id}-title` }, title), ...children);
}

function quiet(...children) {
  return make("p", { class: "quiet" }, ...children);
}
