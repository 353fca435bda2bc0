import { availableParallelism } from "node:os";
import vue from "@vitejs/plugin-vue";
import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

export default mergeConfig(shared, {
  plugins: [vue()],
  test: {
    // Tests are beside the modules and components that they test; those of the whole site are in test/.
    include: ["{.vitepress,coverage,models,typedoc}/**/*.test.ts"],
    globalSetup: "test/globalSetup.ts",
    // The browser computes while a test waits for it.
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
});
