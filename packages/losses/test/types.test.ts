import { fileURLToPath } from "node:url";
import { compileProject } from "@surprisal/testing";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("types/", import.meta.url));

it("the calls in test/types compile under exactOptionalPropertyTypes, and the wrong ones do not", async () => {
  const lines = await compileProject(folder, "--listFiles");
  const files = lines.filter((line) => line.startsWith(folder.replaceAll("\\", "/")));
  expect(files).toHaveLength(2);
  // The sources are compiled with their own options elsewhere. Their paths start with "../".
  expect(lines.filter((line) => /^[\w.]+\.ts\(\d+,\d+\)/.test(line))).toEqual([]);
});
