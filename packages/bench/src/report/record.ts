import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { BenchmarkRecord } from "../record.ts";

/** Writes a record as JSON, with 5 significant digits, and infinities as text. */
export function writeRecord(file: string, record: BenchmarkRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(record, roundNumber)}\n`);
}

function roundNumber(_key: string, value: unknown): unknown {
  if (typeof value !== "number") return value;
  if (Number.isInteger(value)) return value; // Shapes and sizes stay exact.
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : String(value);
}
