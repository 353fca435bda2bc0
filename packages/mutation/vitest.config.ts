import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

const config = mergeConfig(shared, {});
// Merging adds to lists. Stryker runs the tests of one group of files, in its copy of the losses.
config.test.include = process.env.MUTATION_TESTS?.split(",") ?? [];
config.test.reporters = ["default"];

export default config;
