import { expect, test } from "vitest";
import type { Implementation } from "./implementations/implementation.ts";
import { makePlan } from "./sections.ts";
import { unmatchedMessage } from "./unmatchedMessage.ts";

const { sections } = makePlan(true, [[1, 2]]);
const implementations = ["one", "another"].map(
  (name): Implementation => ({
    name,
    version: "1",
    kind: "JavaScript",
    overhead: "",
    prepare: () => undefined,
  }),
);

test.each([[[]], [["softmax"]], [["accuracy", "ONE"]], [["size"]], [["speed", "another", "1x2"]]])(
  "%j match something",
  (filters) => {
    expect(unmatchedMessage(sections, implementations, filters)).toBeUndefined();
  },
);

test.each([[["nothing"]], [["size", "softmax"]], [["accuracy", "1x2"]]])(
  "%j match nothing, and the error has the names that there are",
  (filters) => {
    const message = unmatchedMessage(sections, implementations, filters);
    expect(message).toContain(`--filter "${filters[0]}"`);
    expect(message).toMatch(/^sections: speed, .*, accuracy, size$/m);
    expect(message).toMatch(/^operations: .*\bcrossEntropyGradient\b/m);
    expect(message).toMatch(/^implementations: one; another$/m);
  },
);
