import { resolve } from "node:path";
import { build } from "esbuild";

const suffix = "?script";

/** Makes `import text from "./module.ts?script"` the text of the module, bundled as a classic script. */
export function scriptText(conditions: string[]) {
  return {
    name: "script-text",
    enforce: "pre" as const,
    async load(this: { addWatchFile(file: string): void }, id: string) {
      if (!id.endsWith(suffix)) return undefined;
      const { outputFiles, metafile } = await build({
        entryPoints: [id.slice(0, -suffix.length)],
        bundle: true,
        minify: true,
        format: "iife",
        target: "es2022",
        conditions,
        metafile: true,
        write: false,
      });
      for (const file of Object.keys(metafile.inputs)) this.addWatchFile(resolve(file));
      return `export default ${JSON.stringify(outputFiles[0].text)};`;
    },
  };
}
