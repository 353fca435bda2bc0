import * as core from "@surprisal/core";
import { checkExamples } from "@surprisal/testing/checkExamples";
import * as evaluation from "../src/index.ts";

checkExamples({
  source: new URL("../src/", import.meta.url),
  files: ["../README.md"],
  pages: true,
  modules: { "@surprisal/core": core, "@surprisal/evaluation": evaluation },
  own: evaluation,
  uses: ".(<",
});
