import vue from "@vitejs/plugin-vue";
import { mergeConfig } from "vitest/config";
import shared from "../../vitest.shared.ts";

/** Tests are beside the modules and components that they test; those of the whole site are in test/. */
const include = ["{.vitepress,coverage,models,typedoc}/**/*.test.ts"];

export default mergeConfig(shared, { plugins: [vue()], test: { include } });
