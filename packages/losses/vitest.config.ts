import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

/** The template's test runs with the others, so that a copy of it works. */
export default mergeConfig(shared, { test: { include: ["_template/*.test.ts"] } });
