import { fileURLToPath } from "node:url";
import { watched } from "../../../watched.ts";
import { type ApiModule, readApi } from "./readApi.ts";

export declare const data: ApiModule[];

const packages = new URL("../../../../../../packages/", import.meta.url);
const sourceOf = (path: string) => fileURLToPath(new URL(path, packages));

/** Reads the names for completion when the site is built. */
export default {
  watch: watched(
    ...["core", "losses", "language", "evaluation"].map((name) => sourceOf(`${name}/src/**/*.ts`)),
  ),
  load: () =>
    readApi(
      {
        "@surprisal/core": sourceOf("core/src/index.ts"),
        "@surprisal/core/authoring": sourceOf("core/src/authoring.ts"),
        "@surprisal/evaluation": sourceOf("evaluation/src/index.ts"),
        "@surprisal/language": sourceOf("language/src/index.ts"),
        "@surprisal/losses": sourceOf("losses/src/index.ts"),
      },
      { file: fileURLToPath(new URL("examples/globals.d.ts", import.meta.url)), names: ["plot"] },
    ),
};
