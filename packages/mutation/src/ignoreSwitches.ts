import { declareValuePlugin, type PluginKind } from "@stryker-mutator/api/plugin";

/** The parts of Babel's path to a node that are read here. */
interface PropertyPath {
  readonly type: string;
  readonly node: { readonly key?: { readonly name?: string } };
}

/** Parts of a definition whose value changes no result. */
const reasons: Readonly<Record<string, string>> = {
  kind: "Another kind does not compile, and only defineLoss reads it.",
  neverThrows: "Without it, results are the same, and are written later.",
};

/** Leaves out the parts of definitions in which no test can see a change. */
export const strykerPlugins = [
  declareValuePlugin("Ignore" as PluginKind.Ignore, "switches", {
    shouldIgnore(path) {
      const { type, node } = path as unknown as PropertyPath;
      return type === "ObjectProperty" ? reasons[node.key?.name ?? ""] : undefined;
    },
  }),
];
