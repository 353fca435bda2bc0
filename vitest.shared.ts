import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const conditions = ["@surprisal/source"];

/** The one test configuration: workspace packages are read from their sources, results go to a file that the root adds up. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    setupFiles: fileURLToPath(new URL("packages/testing/src/numberEquality.ts", import.meta.url)),
    // Test files share their worker's modules: to load them anew for each takes half of the time.
    isolate: false,
    reporters: ["default", "json"],
    outputFile: { json: "test-results.json" },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
