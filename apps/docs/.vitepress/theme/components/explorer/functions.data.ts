import { readFileSync } from "node:fs";
import type { FunctionApi } from "../../../../typedoc/functionApi.ts";

const file = new URL("../../../../reference/functions.json", import.meta.url);

export declare const data: readonly FunctionApi[];

/** Reads the functions from their types with TypeDoc when the site is built. */
export default {
  load: (): readonly FunctionApi[] => JSON.parse(readFileSync(file, "utf8")),
};
