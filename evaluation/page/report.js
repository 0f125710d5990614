function head() {
  const main = data.numbers[0];
  return make("header", { class: "head" },
    make("h1", {}, named(data.file), ` on ${count(data.scored, "picture")}`,
      ...(data.data ? [" of ", named(data.data)] : [])),
    make("div", { class: "figure" }, shown(main.value), " ", make("small", {}, main.name)),
    intervalBar(main.value, main.interval),
    quiet(main.interval ? `95% interval ${spread(main.interval)} (${main.method}), ` : "",
      `${count(data.labels.length, "label")}, ${data.rate.toFixed(1)} pictures/s`,
      data.unreadable.length ? `, ${count(data.unreadable.length, "file")} could not be read` : ""),
    data.note ? make("p", { class: "note" }, data.note) : null);
}

function curves() {
  const both = make("div", { class: "charts" });
  const show = (chosen) => both.replaceChildren(
    labelCurves("precision_recall", chosen, { title: "Precision and recall", x: "recall", y: "precision" }),
    labelCurves("roc", chosen, { title: "ROC", x: "false positive rate", y: "true positive rate" }));
  const choice = make("select", { "aria-label": "label to bring to the front", change: () => show(choice.value) },
    make("option", { value: "" }, "all labels alike"),
    ...Object.keys(data.curves.labels).map((label) => make("option", { value: label }, visible(label))));
  show("");
  return section("curves", "Curves", both, make("p", { class: "screen" }, "bring to the front: ", choice));
}

function confidence() {
  return section("confidence", "Confidence",
    make("div", { class: "charts" }, reliability(), data.coverage ? coverage() : null),
    data.coverage ? make("div", {}, make("h3", {}, "What refusing gains"), coverageTables(),
      quiet("Refused is what is less sure than the threshold. Thresholds chosen on these pictures flatter.")) : null);
}

function unknown() {
  return data.unknown ? section("unknown", "Unknown pictures", make("div", { class: "charts" }, unknownCurve())) : null;
}

function confusion() {
  if (!data.confusion) {
    return section("confusion", "Decisions", quiet("Choose a number to see its pictures, the worst first. ", data.left),
      make("div", { class: "beside" }, decisionTable(), panel));
  }
  const cut = data.labels.length > WIDEST;
  return section("confusion", "Confusion",
    quiet(cut ? `The ${WIDEST} labels of the most confused pairs, of ${data.labels.length}. ` : "",
      "A row a truth, a column a prediction. Choose a cell to see its pictures, the worst first; arrow keys move. ", data.left),
    make("div", { class: "beside" }, matrix(), panel), cut ? chooser() : null,
    data.pairs.length ? make("h3", {}, "Most confused") : null, data.pairs.length ? pairs() : null);
}

function facts(rows) {
  const codes = ["command", "SHA-256", "SHA-256 of these weights"];
  return make("dl", {}, ...rows.flatMap(([name, text]) =>
    [make("dt", {}, name), make("dd", { class: codes.includes(name) ? "code" : null }, named(text))]));
}

function mistakes() {
  if (!data.mistakes.length) return null;
  const maps = data.mistakes.some((one) => one.maps.length);
  return section("mistakes", "Worst mistakes",
    quiet(maps ? "The brighter, the more that place speaks for the label; the frame is what the network saw." : "This file gives no activation maps."),
    make("div", { class: "mistakes" }, ...data.mistakes.map(worstMistake)));
}

function unreadable() {
  if (!data.unreadable.length) return null;
  return section("unreadable", "Not scored", quiet("These files could not be read."),
    table([{ name: "file", cell: ([name]) => named(name) }, { name: "reason", cell: ([, reason]) => named(reason) }],
      data.unreadable, "Files that could not be read"));
}

const sections = [
  section("numbers", "Numbers", numbersTable()), confusion(), mistakes(),
  section("labels", "Labels", labelTable()), confidence(), unknown(), curves(),
  data.slices.length ? section("slices", "Slices", sliceTable()) : null, unreadable(),
  section("model", "Model", facts(data.model)),
  section("origin", "This report", facts(data.origin)),
].filter(Boolean);
const links = sections.map((one) => make("a", { href: `#${one.id}` }, one.querySelector("h2").textContent));
document.getElementById("report").append(head(), make("nav", { "aria-label": "Sections" }, ...links), ...sections);
