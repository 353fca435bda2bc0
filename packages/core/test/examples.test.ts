import { checkExamples } from "@surprisal/testing/checkExamples";
import * as core from "../src/index.ts";

checkExamples({
  source: new URL("../src/", import.meta.url),
  files: ["../README.md"],
  modules: { "@surprisal/core": core },
  own: core,
  uses: "(",
});
