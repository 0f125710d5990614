// From golden uint8 pixels to the label, with onnxruntime-node. In the bundle's folder:
//
//   npm install --ignore-scripts onnxruntime-node
//   node examples/classify.mjs [NUMBER]
//
// What comes before the pixels, decoding and resizing, is described in README.md; prove yours
// against golden/.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";

const place = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const readJson = (name) => JSON.parse(readFileSync(place(name), "utf8"));

// [N, H, W, 3] of 0..255 to [N, 3, H, W] of 0..1.
function toPlanes(pixels, size) {
  const planes = new Float32Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) {
    const picture = Math.floor(at / (3 * size));
    const within = at % (3 * size);
    planes[3 * size * picture + size * (within % 3) + Math.floor(within / 3)] = pixels[at] / 255;
  }
  return planes;
}

const card = readJson("card.json");
const golden = readJson("golden/golden.json");
const vector = golden.vectors[Number(process.argv[2] ?? 1) - 1];
const [height, width] = vector.shape;
const one = readFileSync(place(vector.pixels)); // RGB, row by row

// Most files take any batch; of one that takes only `golden.batch` pictures, fill it with copies.
const pixels = new Uint8Array(Buffer.concat(Array(golden.batch).fill(one)));
const images =
  card.input === "float-nchw"
    ? new ort.Tensor("float32", toPlanes(pixels, height * width), [golden.batch, 3, height, width])
    : new ort.Tensor("uint8", pixels, [golden.batch, height, width, 3]);

const session = await ort.InferenceSession.create(place(golden.model));
const found = await session.run({ images }, ["logits", "probabilities"]);
const count = card.labels.length;
const logits = found.logits.data.slice(0, count);
const probabilities = found.probabilities.data.slice(0, count);

const away = Math.max(...vector.logits.map((value, i) => Math.abs(value - logits[i])));
if (!(away <= vector.logit_tolerance)) throw new Error(`logits are ${away} away`);

const thresholds = card.thresholds ?? card.labels.map(() => 0.5);
const chosen =
  card.task === "multi-label"
    ? card.labels.map((_, i) => i).filter((i) => probabilities[i] >= thresholds[i])
    : [logits.indexOf(Math.max(...logits))];
for (const i of chosen) console.log(`${card.labels[i]} ${probabilities[i]}`);
