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

const define = (...names: readonly string[]) => names.map((name) => `src/define/${name}.test.ts`);

/** The tests of an element loss, a row loss and a class loss, which run in half a second. */
const lossTests = ["binaryCrossEntropyWithLogits", "cosineEmbeddingLoss", "nllLoss"].map(
  (name) => `src/${name}/${name}.test.ts`,
);

/** Tests of the driver's files. A mutant that changes a test's data runs all of them, so they are fast. */
const driverTests: Readonly<Record<string, readonly string[]>> = {
  balanceWeights: define("balanceWeights", "sampleWeight"),
  batchLoss: define("batchLoss", "checkDefinition"),
  blockThreads: define("blockThreads"),
  broadcast: define("broadcast", "rowBroadcast", "elementLoss"),
  checkBatchDefinition: define("batchLoss", "checkDefinition"),
  checkDefinition: define("checkDefinition", "classLoss", "elementLoss", "rowLoss"),
  checkNames: define("checkDefinition"),
  checkReturned: define("checkReturned", "batchLoss", "checkDefinition", "rowLoss"),
  classFormula: [
    ...define("classLoss", "target", "checkDefinition"),
    "src/crossEntropy/crossEntropy.options.test.ts",
    "src/crossEntropy/largeGradients.test.ts",
  ],
  composeCrossEntropy: define("composeCrossEntropy"),
  crossEntropyBlocks: [...define("composeCrossEntropy"), "src/focalLoss/focalLoss.test.ts"],
  differences: ["l1Loss", "huberLoss", "smoothL1Loss"].map((name) => `src/${name}/${name}.test.ts`),
  elementArguments: [
    ...define("elementLoss", "elementBroadcast", "checkDefinition", "sampleWeight"),
    ...["gaussianNllLoss", "binaryCrossEntropy"].map((name) => `src/${name}/${name}.test.ts`),
  ],
  elementBlocks: define("elementBlocks", "elementLoss", "blockFormula", "elementBroadcast"),
  elementEvaluation: [
    ...define("elementLoss", "blockFormula", "elementBroadcast", "plainBlocks", "blockThreads"),
    "src/mseLoss/mseLoss.test.ts",
  ],
  elementLoss: [
    ...define("elementLoss", "blockFormula", "checkDefinition", "elementBroadcast"),
    ...define("blockThreads", "plainBlocks"),
    "src/mseLoss/mseLoss.test.ts",
  ],
  elementSums: define("elementSums"),
  euclideanTriplet: [
    "src/tripletMarginLoss/tripletMarginLoss.test.ts",
    "src/tripletMarginWithDistanceLoss/pairwiseDistance.test.ts",
  ],
  formulaLoss: define("formulaLoss", "softKernels"),
  gradScale: define("gradScale"),
  gradients: define("gradients", "checkDefinition"),
  overlapTiles: [...define("overlapTiles"), "src/diceLoss/diceLoss.test.ts"],
  plainBlocks: define("plainBlocks"),
  probabilityLoss: [
    ...define("softKernels"),
    ...["focalLoss", "generalizedCrossEntropy", "polyLoss", "symmetricCrossEntropy"].map(
      (name) => `src/${name}/${name}.test.ts`,
    ),
  ],
  reduction: define("reduction"),
  rowArguments: define("rowLoss", "rowBroadcast", "checkDefinition"),
  rowEvaluation: [
    ...define("rowLoss", "blockFormula", "rowBroadcast", "plainBlocks"),
    "src/multilabelMarginLoss/multilabelMarginLoss.test.ts",
  ],
  rowLoss: define("blockThreads", "rowLoss", "blockFormula", "checkDefinition", "rowBroadcast"),
  sampleWeight: define("gradScale", "sampleWeight"),
  smallElements: define("smallElements"),
  smallRow: [...define("smallRow", "singleRow"), ...lossTests],
  singleRow: define("singleRow", "smallRow"),
  target: [...define("target"), ...lossTests],
  targetGradient: define("targetGradient"),
};

/** Tests that take too long to run for each mutant. Those beside them find the same ones. */
const slowTests = ["crossEntropy.test.ts", "softTargets.test.ts"];

/** Tests of the kernels' paths of losses, beside those in the losses' folders. */
const kernelTests: Readonly<Record<string, readonly string[]>> = {
  distillationLoss: define("divergences"),
  jensenShannonDivergence: define("divergences"),
};

const formulaGroups: readonly Group[] = readdirSync(`${losses}src`, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !["define", "generated"].includes(entry.name))
  .map(({ name }) => ({
    name,
    sources: globSync(`src/${name}/*.ts`, { cwd: losses }).filter(
      (path) => !path.endsWith(".test.ts"),
    ),
    tests: [
      ...globSync(`src/${name}/*.test.ts`, { cwd: losses }).filter(
        (path) => !slowTests.some((slow) => path.endsWith(`/${slow}`)),
      ),
      ...(kernelTests[name] ?? []),
    ],
  }));

const driverGroups: readonly Group[] = Object.entries(driverTests).map(([name, tests]) => ({
  name: `define/${name}`,
  sources: [`src/define/${name}.ts`],
  tests,
}));

/** The formulas, a group for each loss, and then the driver, a group for each file. */
export const groups: readonly Group[] = [...formulaGroups, ...driverGroups];
