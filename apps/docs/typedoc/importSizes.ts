import { brotliCompressSync } from "node:zlib";
import { build, type Plugin } from "esbuild";
import type { PublicFunction } from "./readFunctions.ts";

/**
 * Bundles each function alone, minified, and returns the bytes that brotli leaves of it, by name. The
 * kernels are in it, as in `packages/bench/src/size.ts`.
 */
export async function importSizes(
  functions: readonly PublicFunction[],
): Promise<ReadonlyMap<string, number>> {
  const modules = new Map(functions.map(({ api }) => [api.name, api.module]));
  const { outputFiles } = await build({
    entryPoints: [...modules.keys()],
    plugins: [exportAlone(modules)],
    outdir: "/",
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["@surprisal/source"],
    logLevel: "error",
  });
  return new Map(
    outputFiles.map(({ path, contents }) => [
      path.replace(/^.*[\\/]|\.js$/g, ""),
      brotliCompressSync(contents).length,
    ]),
  );
}

/** Makes an entry point of each name: a module that exports the function of this name, and nothing else. */
function exportAlone(modules: ReadonlyMap<string, string>): Plugin {
  const namespace = "alone";
  return {
    name: "export-alone",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\w+$/ }, ({ path, kind }) =>
        kind === "entry-point" ? { path, namespace } : undefined,
      );
      onLoad({ filter: /.*/, namespace }, ({ path }) => ({
        contents: `export { ${path} } from "${modules.get(path)}";`,
        resolveDir: import.meta.dirname,
      }));
    },
  };
}
