import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Writes results as JSON; infinities as text, since JSON has none. */
export function writeRecord(file: string, results: object): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, shorten)}\n`);
}

function shorten(_key: string, value: unknown): unknown {
  if (typeof value !== "number") return value;
  if (Number.isInteger(value)) return value; // Shapes and sizes are exact.
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : String(value);
}
