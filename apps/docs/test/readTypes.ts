import { fileURLToPath } from "node:url";
import { Application, type ProjectReflection, TSConfigReader } from "typedoc";

const root = new URL("../../../", import.meta.url);

/** Reads the types in sources, given by their paths in the repository, with TypeDoc. */
export async function readTypes(...sources: string[]): Promise<ProjectReflection> {
  const options = {
    entryPoints: sources.map((source) => fileURLToPath(new URL(source, root))),
    tsconfig: fileURLToPath(new URL("apps/docs/test/fixtures/tsconfig.json", root)),
    disableSources: true,
  };
  const app = await Application.bootstrap(options, [new TSConfigReader()]);
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc cannot read the sources.");
  return project;
}
