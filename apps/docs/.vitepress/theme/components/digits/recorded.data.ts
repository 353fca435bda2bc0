import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gunzipSync } from "node:zlib";
import { models, type Progress, routes } from "./setup.ts";
import { startTraining } from "./training.ts";

/** A run, shown until the reader starts one. JSON has no typed arrays. */
export type Recorded = Omit<Progress, "parameters"> & {
  readonly parameters: readonly (readonly number[])[];
};

export declare const data: Recorded;

const epochs = 20;

export default {
  load(): Recorded {
    const file = createRequire(import.meta.url).resolve("@surprisal/digits/digits.csv.gz");
    const csv = gunzipSync(readFileSync(file)).toString();
    const [route] = Object.keys(routes);
    const [model] = Object.keys(models);
    const training = startTraining(csv, route, model);
    let progress = training.next();
    while (progress.losses.length < epochs) progress = training.next();
    const short = (value: number) => Number(value.toPrecision(6));
    return {
      ...progress,
      parameters: progress.parameters.map((values) => Array.from(values, short)),
    };
  },
};
