const WIDTH = 400, HEIGHT = 300, LEFT = 44, BOTTOM = 40, TOP = 10, RIGHT = 14;

/** Draw a chart of shares: x over 0..1, y over `from`..1. */
function chart({ title, x, y, from = 0, diagonal = false, curves = [], whiskers = [] }) {
  const across = (value) => LEFT + value * (WIDTH - LEFT - RIGHT);
  const up = (value) => HEIGHT - BOTTOM - ((value - from) / (1 - from)) * (HEIGHT - BOTTOM - TOP);
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title });
  for (let share = 0; share < 1.001; share += 0.2) {
    svg.append(
      draw("line", { class: "grid", x1: across(share), x2: across(share), y1: up(from), y2: up(1) }),
      draw("text", { class: "axis", x: across(share), y: up(from) + 15, "text-anchor": "middle" }, `${Math.round(100 * share)}`));
  }
  const step = 1 - from > 0.5 ? 0.2 : 1 - from > 0.15 ? 0.1 : 0.02;
  for (let share = 1; share > from - 0.001; share -= step) {
    svg.append(
      draw("line", { class: "grid", x1: across(0), x2: across(1), y1: up(share), y2: up(share) }),
      draw("text", { class: "axis", x: LEFT - 7, y: up(share) + 4, "text-anchor": "end" }, `${Math.round(100 * share)}`));
  }
  svg.append(
    draw("text", { class: "axis", x: across(0.5), y: HEIGHT - 8, "text-anchor": "middle" }, `${x}, %`),
    draw("text", { class: "axis", transform: `translate(11 ${up((1 + from) / 2)}) rotate(-90)`, "text-anchor": "middle" }, `${y}, %`));
  if (diagonal) svg.append(draw("line", { class: "diagonal", x1: across(0), y1: up(0), x2: across(1), y2: up(1) }));
  for (const { points, kind = "" } of curves) {
    const path = points.map(([px, py], index) => `${index ? "L" : "M"}${across(px).toFixed(1)} ${up(py).toFixed(1)}`).join("");
    svg.append(draw("path", { class: `curve ${kind}`, d: path }));
  }
  for (const { at, value, low, high, text } of whiskers) {
    svg.append(
      draw("line", { class: "whisker", x1: across(at), x2: across(at), y1: up(low), y2: up(high) }),
      draw("circle", { class: "dot", cx: across(at), cy: up(value), r: 3.5 }, draw("title", {}, text)));
  }
  return svg;
}

/** Draw a share with its interval on a line from 0 to 1. */
function intervalBar(value, interval) {
  const svg = draw("svg", { class: "interval", viewBox: "0 0 200 14", preserveAspectRatio: "none", "aria-hidden": "true" });
  svg.append(draw("line", { class: "track", x1: 0, x2: 200, y1: 7, y2: 7 }));
  if (interval) {
    const [low, high] = interval;
    svg.append(draw("rect", { class: "range", x: 200 * low, width: Math.max(1, 200 * (high - low)), y: 2, height: 10, rx: 2 }));
  }
  svg.append(draw("rect", { class: "value", x: 200 * value - 1.5, width: 3, y: 0, height: 14, rx: 1 }));
  return svg;
}

function figure(picture, ...caption) {
  return make("figure", {}, picture, make("figcaption", {}, ...caption));
}

function reliability() {
  const points = (calibration) => calibration.bins.map((bin) => [bin.confidence, bin.accuracy]);
  const error = data.calibration.expected_calibration_error;
  const before = data.uncalibrated.expected_calibration_error;
  const scaled = Math.abs(before - error) > 1e-4; // the card's temperature is not 1
  const multi = data.task === "multi-label";
  return figure(
    chart({
      title: `Reliability: expected calibration error ${shown(error)}`,
      x: "confidence", y: multi ? "share that has the label" : "accuracy", diagonal: true,
      curves: [
        ...(scaled ? [{ points: points(data.uncalibrated), kind: "dashed" }] : []),
        { points: points(data.calibration) },
      ],
      whiskers: data.calibration.bins.map((bin) => ({
        at: bin.confidence, value: bin.accuracy, low: bin.interval[0], high: bin.interval[1],
        text: `${count(bin.count, "answer")} at ${shown(bin.confidence)}: ${shown(bin.accuracy)} right (${spread(bin.interval)})`,
      })),
    }),
    `Reliability. On the dotted line confidence is what it says. Error ${shown(error)}`
      + (scaled ? ` as the file answers, ${shown(before)} at temperature 1 (dashed)` : "")
      + ". Bars: 95%, Wilson.");
}

function coverage() {
  const lowest = Math.min(...data.coverage.curve.map(([, accuracy]) => accuracy));
  return figure(
    chart({
      title: "Accuracy against coverage", x: "pictures answered", y: "accuracy",
      from: Math.min(0.9, Math.floor(lowest * 10) / 10), curves: [{ points: data.coverage.curve }],
    }),
    "Accuracy against coverage: what is gained where the least sure answers are refused. "
      + `Area of the risk: ${data.coverage.area.toFixed(4)}, smaller is better.`);
}

function unknownCurve() {
  const { curve, threshold, found, refused, pictures } = data.unknown;
  const at = `at the threshold ${threshold.toPrecision(4)}: ${shown(found)} found, ${shown(refused)} of the known refused`;
  return figure(
    chart({
      title: "Unknown pictures: ROC", x: "known pictures refused", y: "unknown pictures found", diagonal: true,
      curves: [{ points: curve }], whiskers: [{ at: refused, value: found, low: found, high: found, text: at }],
    }),
    `${count(pictures, "unknown picture")} against the known ones, over all thresholds. The dot: ${at}.`);
}

/** Draw the curves of one kind ("precision_recall" or "roc"), one label brought to the front. */
function labelCurves(kind, chosen, texts) {
  const faint = Object.entries(data.curves.labels).filter(([label, both]) => both[kind] && label !== chosen);
  const front = chosen && data.curves.labels[chosen][kind];
  const macro = data.curves.macro[kind];
  return figure(
    chart({
      ...texts, diagonal: kind === "roc",
      curves: [
        ...faint.map(([, both]) => ({ points: both[kind], kind: "faint" })),
        ...(macro ? [{ points: macro }] : []), ...(front ? [{ points: front, kind: "chosen" }] : []),
      ],
    }),
    `${texts.title}: the mean over the labels, and each label against the rest.`);
}
