import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { brotliCompressSync } from "node:zlib";
import { build } from "esbuild";
import type { BundleSize } from "./record.ts";

/** The largest allowed sizes in bytes, minified and compressed with brotli. They include the kernels. */
export const budgets = {
  'import { softmax } from "@surprisal/core"': 15_300,
  'import { nllLoss } from "@surprisal/losses"': 17_900,
  'import { mseLoss } from "@surprisal/losses"': 18_400,
  'import { crossEntropy } from "@surprisal/losses"': 36_700,
};

const require = createRequire(import.meta.url);
const tensorflowWasm = "@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm";

const entries: readonly { name: string; code: string; asset?: string }[] = [
  ...Object.keys(budgets).map((name) => ({ name, code: name.replace("import", "export") })),
  {
    name: "all of @surprisal/core and @surprisal/losses",
    code: 'export * from "@surprisal/core"; export * from "@surprisal/losses";',
  },
  {
    name: "TensorFlow.js, cpu: softmax",
    code: 'import "@tensorflow/tfjs-backend-cpu"; export { softmax } from "@tensorflow/tfjs-core";',
  },
  {
    name: "TensorFlow.js, wasm (SIMD): softmax",
    code: 'import "@tensorflow/tfjs-backend-wasm"; export { softmax } from "@tensorflow/tfjs-core";',
    asset: tensorflowWasm,
  },
  {
    name: "jax-js: nn",
    code: 'export { nn } from "@jax-js/jax";',
  },
];

/** Bundles each import and returns the sizes. */
export async function measureSizes(): Promise<BundleSize[]> {
  return Promise.all(
    entries.map(async ({ name, code, asset }) => {
      const parts = [await bundle(code)];
      if (asset !== undefined) parts.push(readFileSync(require.resolve(asset)));
      const total = (sizeOf: (part: Uint8Array) => number) =>
        parts.reduce((sum, part) => sum + sizeOf(part), 0);
      return {
        name,
        minified: total((part) => part.length),
        brotli: total((part) => brotliCompressSync(part).length),
      };
    }),
  );
}

/** Bundles code for browsers into one file, from the packages as they are published. */
async function bundle(code: string): Promise<Uint8Array> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    write: false,
    splitting: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["fs", "path", "os", "util", "crypto", "worker_threads", "perf_hooks"],
    logLevel: "silent",
  });
  return outputFiles[0].contents;
}
