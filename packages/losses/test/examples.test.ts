import * as core from "@surprisal/core";
import * as authoring from "@surprisal/core/authoring";
import { checkExamples } from "@surprisal/testing/checkExamples";
import * as losses from "../src/index.ts";

checkExamples({
  source: new URL("../src/", import.meta.url),
  files: ["../README.md", "../../../README.md", "../../../CONTRIBUTING.md"],
  modules: {
    "@surprisal/core": core,
    "@surprisal/core/authoring": authoring,
    "@surprisal/losses": losses,
  },
  own: losses,
});
