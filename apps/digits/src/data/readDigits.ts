import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type Digits, parseDigits } from "./digits.ts";

const FILE = new URL("../../data/digits.csv.gz", import.meta.url);

/** Reads the data set from its file: 1797 images. */
export function readDigits(): Digits {
  return parseDigits(gunzipSync(readFileSync(FILE)).toString());
}
