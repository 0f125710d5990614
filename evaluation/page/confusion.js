const WIDEST = 40, MOST_PAIRS = 12;
const panel = make("div", { class: "panel", id: "cell", "aria-live": "polite" },
  quiet("The pictures of the chosen cell appear here."));

/** Open a cell: exactly its pictures, the worst first. */
function openCell(title, total, pictures, button) {
  document.querySelectorAll("[aria-pressed=true]").forEach((other) => other.setAttribute("aria-pressed", "false"));
  if (button) button.setAttribute("aria-pressed", "true");
  const heading = make("h3", { tabindex: "-1" }, title);
  const missing = total > pictures.length ? quiet(`${pictures.length} of them are listed in this file.`) : null;
  panel.replaceChildren(heading, ...(missing ? [missing] : []), make("div", { class: "inner" }, gallery(pictures)));
  panel.onkeydown = (event) => { if (event.key === "Escape" && button) button.focus(); };
  heading.focus();
}

function openPair(truth, predicted) {
  const pictures = data.pictures.filter((one) => one.truth[0] === truth && one.predicted[0] === predicted);
  const total = data.confusion[truth][predicted];
  const said = truth === predicted ? `${labelled([truth])}, and predicted so` : `${labelled([truth])}, predicted ${labelled([predicted])}`;
  openCell(`${said}: ${count(total, "picture")}`, total, pictures,
    document.querySelector(`[data-cell="${truth},${predicted}"]`));
}

/** The labels that a matrix shows: all, or those of the most confused pairs. */
function shownLabels() {
  const all = data.labels.map((_, index) => index);
  if (all.length <= WIDEST) return all;
  const wrong = data.confusion.flatMap((row, truth) =>
    row.map((number, predicted) => [number, truth, predicted]).filter(([number, , predicted]) => number && truth !== predicted));
  const shown = new Set();
  for (const [, truth, predicted] of wrong.sort((a, b) => b[0] - a[0])) {
    if (shown.size <= WIDEST - 2) shown.add(truth).add(predicted);
  }
  for (const index of all) if (shown.size < WIDEST) shown.add(index);
  return [...shown].sort((a, b) => a - b);
}

function cell(truth, predicted) {
  const number = data.confusion[truth][predicted];
  if (!number) return make("td");
  const button = make("button", {
    type: "button", class: truth === predicted ? "right" : null, "aria-pressed": "false", "data-cell": `${truth},${predicted}`,
    "aria-label": `truth ${labelled([truth])}, predicted ${labelled([predicted])}: ${count(number, "picture")}`,
    click: () => openPair(truth, predicted), keydown: moveInMatrix,
  }, String(number));
  button.style.setProperty("--share", number / data.perLabel[truth].support);
  return make("td", {}, button);
}

/** Arrow keys go to the next cell with pictures in their direction. */
function moveInMatrix(event) {
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (!step) return;
  event.preventDefault();
  const rows = event.target.closest("tbody").rows;
  let row = event.target.closest("tr").sectionRowIndex, column = event.target.closest("td").cellIndex;
  for (;;) {
    row += step[0];
    column += step[1];
    const next = rows[row] && rows[row].cells[column];
    if (!next || column === 0) return;
    if (next.firstElementChild) return void next.firstElementChild.focus();
  }
}

function matrix() {
  const labels = shownLabels();
  const heads = labels.map((index) => make("th", { scope: "col", title: labelled([index]) }, make("span", {}, named(data.labels[index]))));
  const rows = labels.map((truth) => make("tr", {},
    make("th", { scope: "row", title: labelled([truth]) }, named(data.labels[truth])),
    ...labels.map((predicted) => cell(truth, predicted))));
  return make("div", { class: "scroll matrix", role: "region", "aria-label": "Confusion matrix", tabindex: "0" },
    make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, "truth ↓ predicted →"), ...heads)), make("tbody", {}, ...rows)));
}

/** Choose any cell by its labels, where not all are shown. */
function chooser() {
  const list = (text) => make("select", { "aria-label": text }, ...data.labels.map((label, index) => make("option", { value: index }, visible(label))));
  const truth = list("truth"), predicted = list("predicted");
  const open = make("button", { type: "button", class: "more", click: () => openPair(+truth.value, +predicted.value) }, "show");
  return make("p", { class: "screen" }, "truth ", truth, " predicted ", predicted, " ", open);
}

function pairs() {
  const place = new Map(data.labels.map((label, index) => [label, index]));
  return make("ul", { class: "pairs" }, ...data.pairs.slice(0, MOST_PAIRS).map((pair) => make("li", {},
    make("button", { type: "button", click: () => openPair(place.get(pair.truth), place.get(pair.predicted)) },
      named(pair.truth), " taken for ", named(pair.predicted), " ", make("b", {}, `${pair.pictures}`), ` (${shown(pair.share)})`))));
}

/** Of the multi-label task: for each label the pictures that are right, missed and wrongly given. */
function decisionTable() {
  const kinds = [
    ["right", (one, label) => one.truth.includes(label) && one.predicted.includes(label)],
    ["missed", (one, label) => one.truth.includes(label) && !one.predicted.includes(label)],
    ["wrongly given", (one, label) => !one.truth.includes(label) && one.predicted.includes(label)],
  ];
  const column = ([name, belongs], place) => ({
    name, number: true, cell: ({ index }) => {
      const total = data.decisions[index][place];
      if (!total) return "·";
      const pictures = data.pictures.filter((one) => belongs(one, index));
      const title = `${labelled([index])}, ${name}: ${count(total, "picture")}`;
      return make("button", {
        type: "button", class: "more", "aria-pressed": "false", "aria-label": title, "data-cell": `${index},${name}`,
        click: (event) => openCell(title, total, pictures, event.currentTarget),
      }, String(total));
    },
  });
  const rows = data.labels.map((label, index) => ({ label, index }));
  return table([{ name: "label", cell: (row) => named(row.label) }, ...kinds.map(column)], rows, "Decisions by label");
}
