import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("types/", import.meta.url));

it("the calls in test/types compile under exactOptionalPropertyTypes, and the wrong ones do not", () => {
  const { config } = ts.readConfigFile(`${folder}tsconfig.json`, ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  const program = ts.createProgram(fileNames, {
    ...options,
    customConditions: ["@surprisal/source"],
    allowImportingTsExtensions: true,
  });
  // The sources are compiled with their own options elsewhere.
  const diagnostics = fileNames.flatMap((name) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(name)),
  );
  const messages = diagnostics.map(({ file, start = 0, messageText }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${file?.fileName.slice(folder.length)}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  });
  expect(fileNames).toHaveLength(2);
  expect(messages).toEqual([]);
});
