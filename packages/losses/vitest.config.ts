import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

/** The templates' tests run with the others, so that a copy of each works. */
export default mergeConfig(shared, { test: { include: ["_template/*/*.test.ts"] } });
