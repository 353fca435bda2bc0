import { readFileSync } from "node:fs";
import type { FunctionApi } from "../../../../typedoc/functionApi.ts";

const file = new URL("../../../../reference/functions.json", import.meta.url);

export declare const data: readonly FunctionApi[];

/** What TypeDoc has read from the types, taken into the site when it is built. */
export default {
  load: (): readonly FunctionApi[] => JSON.parse(readFileSync(file, "utf8")),
};
