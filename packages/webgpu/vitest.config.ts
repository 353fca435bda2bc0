import { existsSync } from "node:fs";
import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

const chromium = "/usr/lib/chromium";
const driver = `${chromium}/vk_swiftshader_icd.json`;

/**
 * Lets Dawn find the Vulkan loader and SwiftShader, a GPU in software, which Debian's chromium brings. A dynamic
 * library is looked up in the environment that a process starts with. A machine's own driver, which
 * VK_ICD_FILENAMES names, goes first.
 */
const env =
  process.env.VK_ICD_FILENAMES === undefined && existsSync(driver)
    ? { VK_ICD_FILENAMES: driver, LD_LIBRARY_PATH: chromium }
    : {};

export default mergeConfig(shared, {
  // SwiftShader compiles a kernel in half a second of a core, and there are dozens.
  // So one process runs all files, on one device, and compiles each once.
  test: {
    env,
    pool: "forks",
    isolate: false,
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
});
