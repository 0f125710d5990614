/** Make a table; a column is {name, cell(row), number, key(row) to sort by, wide}. */
function table(columns, rows, caption) {
  const body = make("tbody");
  const classes = (column) => [column.number && "number", column.wide && "wide"].filter(Boolean).join(" ") || null;
  const fill = (sorted) => body.replaceChildren(...sorted.map((row) => make("tr", {}, ...columns.map((column, place) =>
    make(place ? "td" : "th", { class: classes(column), scope: place ? null : "row" }, ...[column.cell(row)].flat())))));
  const heads = columns.map((column) => {
    const head = make("th", { scope: "col", class: classes(column) }, column.name);
    if (!column.key) return head;
    // A name within the button is lost where a printed table is split: its head is not repeated.
    head.append(make("button", { type: "button", "aria-label": `sort by ${column.name}` }));
    head.addEventListener("click", () => sort(column, head));
    return head;
  });
  function sort(column, head) {
    const down = head.getAttribute("aria-sort") !== "descending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = (a, b) => (typeof a === "string" ? b.localeCompare(a) : (b ?? -1) - (a ?? -1));
    fill([...rows].sort((a, b) => (down ? 1 : -1) * order(column.key(a), column.key(b))));
  }
  fill(rows);
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", { "aria-label": caption }, make("thead", {}, make("tr", {}, ...heads)), body));
}

function withInterval(value, interval) {
  return [shown(value), interval ? make("small", {}, spread(interval)) : null].filter(Boolean);
}

function numbersTable() {
  return table([
    { name: "number", cell: (row) => [row.name, make("br", {}), make("span", { class: "quiet" }, row.meaning)] },
    { name: "value", number: true, cell: (row) => shown(row.value, row.share) },
    { name: "95% interval", number: true, cell: (row) => [spread(row.interval, row.share), make("small", {}, row.method)] },
    { name: "", wide: true, cell: (row) => (row.share ? intervalBar(row.value, row.interval) : "") },
  ], data.numbers, "Numbers with their intervals");
}

function labelTable() {
  const rows = data.labels.map((label, index) => ({ label, ...data.perLabel[index] }));
  const score = (name, key) => ({
    name, number: true, key: (row) => row[key], cell: (row) => withInterval(row[key], row[`${key}_interval`]),
  });
  const threshold = { name: "threshold", number: true, key: (row) => row.threshold, cell: (row) => shown(row.threshold) };
  return table([
    { name: "label", key: (row) => row.label, cell: (row) => named(row.label) },
    { name: "pictures", number: true, key: (row) => row.support, cell: (row) => row.support.toLocaleString("en") },
    score("precision", "precision"), score("recall", "recall"), score("F1", "f1"),
    score("average precision", "average_precision"), score("ROC AUC", "roc_auc"),
    ...(data.task === "multi-label" ? [threshold] : []),
  ], rows, "Scores by label");
}

function sliceTable() {
  return table([
    { name: "slice", cell: (row) => [`${visible(row.by)}: `, named(row.name), row.small ? make("span", { class: "quiet" }, " (few pictures)") : ""] },
    { name: "pictures", number: true, key: (row) => row.pictures, cell: (row) => row.pictures.toLocaleString("en") },
    { name: data.task === "multi-label" ? "exact match" : "accuracy", number: true, key: (row) => row.score, cell: (row) => withInterval(row.score, row.interval) },
    { name: "", wide: true, cell: (row) => intervalBar(row.score, row.interval) },
  ], data.slices, "Slices");
}

function coverageTables() {
  const accuracy = table([
    { name: "answered", cell: (row) => shown(row.coverage) },
    { name: "accuracy", number: true, cell: (row) => withInterval(row.accuracy, row.interval) },
    { name: "refuse below", number: true, cell: (row) => shown(row.threshold) },
  ], data.coverage.at_coverage, "Accuracy at some coverages");
  const answered = table([
    { name: "for an accuracy of", cell: (row) => shown(row.accuracy) },
    { name: "answered", number: true, cell: (row) => shown(row.coverage) },
    { name: "refuse below", number: true, cell: (row) => shown(row.threshold) },
  ], data.coverage.at_accuracy, "Coverage at some accuracies");
  return make("div", { class: "charts" }, accuracy, answered);
}
