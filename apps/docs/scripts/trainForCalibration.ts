// Trains the classifiers of the tutorial on calibration, and writes their logits of held-out digits.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { tensor } from "@surprisal/core";
import {
  CLASSES,
  type Digits,
  fused,
  PIXELS,
  parseDigits,
  split,
  trainStepwise,
} from "@surprisal/digits";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

const seed = 1;
const trained = 100;
const heldOut = 1200;

const models = {
  network: { sizes: [PIXELS, 32, CLASSES], epochs: 3000 },
  linear: { sizes: [PIXELS, CLASSES], epochs: 30 },
};

const file = createRequire(import.meta.url).resolve("@surprisal/digits/digits.csv.gz");
const digits = parseDigits(gunzipSync(readFileSync(file)).toString());
// The images that were not split off, in random order.
const { train: shuffled } = split(digits, xoroshiro128plus(seed));
const train = slice(shuffled, 0, trained);
const judged = slice(shuffled, trained, trained + heldOut);

const logits = Object.entries(models).map(([name, { sizes, epochs }]) => {
  const runs = trainStepwise(fused, { sizes, seed }, { train, heldOut: slice(judged, 0, 1) });
  for (let epoch = 1; epoch < epochs; epoch++) runs.next();
  const { data } = runs.next().value.network.forward(judged.pixels);
  return [name, Array.from(data, (logit) => Math.round(10 * logit))];
});

const output = new URL("../models/heldOutDigits/logits.json", import.meta.url);
const content = { labels: [...judged.labels], ...Object.fromEntries(logits) };
writeFileSync(output, `${JSON.stringify(content)}\n`);

function slice({ pixels, labels }: Digits, start: number, end: number): Digits {
  const values = pixels.data.slice(start * PIXELS, end * PIXELS);
  return { pixels: tensor(values, [end - start, PIXELS]), labels: labels.slice(start, end) };
}
