import { declareValuePlugin, type PluginKind } from "@stryker-mutator/api/plugin";

/** The parts of Babel's path to a node that are read here. */
interface PropertyPath {
  readonly type: string;
  readonly node: { readonly key?: { readonly name?: string } };
}

/** Leaves out `kind: "element"`: another kind does not compile, and only `defineLoss` reads it. */
export const strykerPlugins = [
  declareValuePlugin("Ignore" as PluginKind.Ignore, "kind", {
    shouldIgnore(path) {
      const { type, node } = path as unknown as PropertyPath;
      const isKind = type === "ObjectProperty" && node.key?.name === "kind";
      return isKind ? "The compiler checks it." : undefined;
    },
  }),
];
