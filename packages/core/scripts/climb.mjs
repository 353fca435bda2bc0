// Climbs for the worst rows of each operation and instruction set: node scripts/climb.mjs [minutes]. Seeds differ
// from run to run, unless a first seed is given: node scripts/climb.mjs 60 1.
import { kernels, useKernels } from "../src/index.ts";
import { climb, operations } from "../test/climb.ts";

const minutes = Number(process.argv[2] ?? 10);
const firstSeed = Number(process.argv[3] ?? Date.now() % 2 ** 31);
const end = Date.now() + 60_000 * minutes;
const worst = new Map();
for (let seed = firstSeed; Date.now() < end; seed++) {
  for (const name of kernels().available) {
    useKernels(name);
    for (const operation of Object.keys(operations)) {
      const key = `${operation} (${name})`;
      const found = climb(operation, seed, 1500);
      if (found.ulp <= (worst.get(key)?.ulp ?? 0)) continue;
      worst.set(key, found);
      console.log(
        `${key}: ${found.ulp.toFixed(2)} ulp, seed ${seed}, row [${found.row.slice(0, 16)}]`,
      );
    }
  }
}
console.table([...worst].map(([key, { ulp }]) => ({ key, ulp: Number(ulp.toFixed(2)) })));
