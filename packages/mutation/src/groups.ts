import { globSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the losses. Stryker copies it, and all paths are relative to it. */
export const losses = fileURLToPath(new URL("../../losses/", import.meta.url));

/** Source files that are mutated together, and the tests that may find the mutants. */
export interface Group {
  readonly name: string;
  readonly sources: readonly string[];
  readonly tests: readonly string[];
}

/** The tests of a class loss, a row loss and an element loss that reach every part of the driver. */
const lossTests = ["crossEntropy", "cosineEmbeddingLoss", "binaryCrossEntropyWithLogits"].map(
  (name) => `src/${name}/${name}.test.ts`,
);

/** The tests of each file of `define/`, of which tests in its own folder are few. */
const driverTests: Readonly<Record<string, readonly string[]>> = {
  balanceWeights: ["src/define/balanceWeights.test.ts", "src/define/sampleWeight.test.ts"],
  broadcast: ["src/define/elementBroadcast.test.ts", "src/define/rowBroadcast.test.ts"],
  classFormula: ["src/define/classLoss.test.ts", "src/define/sampleWeight.test.ts"],
  elementLoss: ["src/define/elementLoss.test.ts", "src/define/blockFormula.test.ts"],
  gradScale: ["src/define/sampleWeight.test.ts", ...lossTests],
  gradients: ["src/define/targetGradient.test.ts", ...lossTests],
  reduction: ["src/define/sampleWeight.test.ts", ...lossTests],
  rowLoss: ["src/define/rowLoss.test.ts", "src/define/blockFormula.test.ts"],
  sampleWeight: ["src/define/sampleWeight.test.ts", ...lossTests],
  smallRow: ["src/define/smallRow.test.ts", "src/define/singleRow.test.ts", ...lossTests],
  softcap: ["src/define/softcap.test.ts"],
  target: ["src/define/target.test.ts", "src/crossEntropy/crossEntropy.test.ts"],
};

const formulaGroups: readonly Group[] = readdirSync(`${losses}src`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "define")
  .map(({ name }) => ({
    name,
    sources: globSync(`src/${name}/*.ts`, { cwd: losses }).filter(
      (path) => !path.endsWith(".test.ts"),
    ),
    tests: [`src/${name}/*.test.ts`],
  }));

const driverGroups: readonly Group[] = Object.entries(driverTests).map(([name, tests]) => ({
  name: `define/${name}`,
  sources: [`src/define/${name}.ts`],
  tests,
}));

/** The formulas, a group for each loss, and then the driver, a group for each file. */
export const groups: readonly Group[] = [...formulaGroups, ...driverGroups];
