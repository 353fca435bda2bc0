import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

/** The libraries take seconds to load: the test files share one worker and its modules. */
export default mergeConfig(shared, { test: { fileParallelism: false } });
