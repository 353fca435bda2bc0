import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

/** Test files start and lose threads of their own, so each has modules of its own. */
export default mergeConfig(shared, { test: { isolate: true } });
