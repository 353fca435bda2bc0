// Searches for calls that give wrong results: pnpm fuzz -- --minutes 60 --seed 1
import { parseArgs } from "node:util";
import * as fc from "fast-check";
import { type Case, cases } from "./cases.ts";
import { checkCase } from "./check.ts";
import { checkFault, type FaultyCase, faultyCases } from "./errors.ts";
import { features } from "./features.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
    case: { type: "string" },
  },
});

if (values.case === undefined) search(Number(values.minutes), Number(values.seed));
else checkOne(JSON.parse(values.case));

/** Checks one case that a search has printed. */
function checkOne(c: Case | FaultyCase): void {
  if ("fault" in c) checkFault(c);
  else checkCase(c);
  console.log("The case is right.");
}

/** Checks random calls until the time is over, and prints each kind of failure once. */
function search(minutes: number, firstSeed: number): void {
  const missing = Object.entries(features).filter(([, isThere]) => !isThere);
  if (missing.length > 0) console.log(`Left out: ${missing.map(([name]) => name).join(", ")}.`);
  const end = performance.now() + 60_000 * minutes;
  const failures = new Set<string>();
  let checked = 0;
  for (let seed = firstSeed; performance.now() < end; seed++) {
    const interruptAfterTimeLimit = Math.max(end - performance.now(), 1);
    const parameters = { seed, interruptAfterTimeLimit };
    const found = [
      fc.check(fc.property(cases(), checkCase), { ...parameters, numRuns: 300 }),
      fc.check(fc.property(faultyCases, checkFault), { ...parameters, numRuns: 100 }),
    ];
    for (const { failed, numRuns, errorInstance } of found) {
      checked += numRuns;
      if (!failed || !(errorInstance instanceof Error)) continue;
      const message = errorInstance.message.split("\n")[0];
      // Failures that differ in numbers alone are of one kind.
      const kind = message.replace(/-?\d[\d.e+-]*/g, "#");
      if (failures.has(kind)) continue;
      failures.add(kind);
      console.log(`\nSeed ${seed}: ${errorInstance.stack}\n`);
    }
  }
  console.log(`${checked} calls from seed ${firstSeed} on, ${failures.size} kinds of failure.`);
  if (failures.size > 0) process.exitCode = 1;
}
