import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type { LogLevel, MutantResult } from "@stryker-mutator/api/core";
import { Stryker } from "@stryker-mutator/core";
import { type Group, losses } from "./groups.ts";

const require = createRequire(import.meta.url);
const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Mutates the sources of a group and returns what its tests have found. */
export async function mutateGroup({ name, sources, tests }: Group): Promise<MutantResult[]> {
  process.chdir(losses);
  process.env.MUTATION_TESTS = tests.join(",");
  const stryker = new Stryker({
    mutate: [...sources],
    testRunner: "vitest",
    plugins: [require.resolve("@stryker-mutator/vitest-runner"), pathOf("ignoreSwitches.ts")],
    ignorers: ["switches"],
    // Stryker rewrites the paths in a copy with functions that TypeScript 7 lacks. The file itself is in a folder above.
    ignorePatterns: ["tsconfig*.json"],
    vitest: { configFile: pathOf("../vitest.config.ts"), related: false },
    coverageAnalysis: "perTest",
    concurrency: 1,
    reporters: ["progress-append-only"],
    logLevel: "warn" as LogLevel,
    incremental: true,
    incrementalFile: pathOf(`../.cache/${name}.json`),
  });
  return stryker.runMutationTest();
}
