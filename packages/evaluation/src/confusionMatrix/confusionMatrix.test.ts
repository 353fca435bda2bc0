import { expect, it } from "vitest";
import { confusionMatrix } from "./confusionMatrix.ts";

it("counts predictions in columns, true classes in rows", () => {
  const logits = [
    [5, 0, 0],
    [0, 5, 0],
    [0, 5, 0],
    [5, 0, 0],
  ];
  const { data, shape } = confusionMatrix(logits, [0, 0, 1, 2], { sampleWeight: [1, 2, 3, 4] });
  expect(shape).toEqual([3, 3]);
  expect([...data]).toEqual([1, 2, 0, 0, 3, 0, 4, 0, 0]);
});

it("predicts the first of equal classes", () => {
  expect([...confusionMatrix([[1, 1]], [1]).data]).toEqual([0, 0, 1, 0]);
});

it("is empty for an empty batch, of the size of its classes", () => {
  const empty = confusionMatrix({ data: new Float64Array(0), shape: [0, 2] }, []);
  expect([...empty.data]).toEqual([0, 0, 0, 0]);
});
