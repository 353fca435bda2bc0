// The laws of every argument of a loss: gradients, containers, outputs and errors.
import type { Tensor } from "@surprisal/core";
import { expect, it } from "vitest";
import { type Call, type FloatArgument, floatArguments, gradientsOf } from "./calls.ts";
import { expectNear } from "./expectNear.ts";
import {
  type AnyLoss,
  asTensor,
  flat,
  float64,
  fromTensor,
  reverseStorage,
  toNested,
} from "./tensors.ts";

/** Checks the laws of every argument, for one call. */
export function checkArguments(loss: AnyLoss, call: Call): void {
  const { input, rest, options = {} } = call;
  const args = [input, ...rest];
  const floats = floatArguments(loss, call);
  const names = floats.map(({ name }) => name);
  const valueAndGrad = (replaced: readonly unknown[], more: object = {}) =>
    loss.valueAndGrad(...replaced, { ...options, ...more });
  const gradients = () => gradientsOf(valueAndGrad(args), names);
  const expectDifferentiated = () => {
    // Options may have gradients, too. `expectGradients` checks those.
    const computed = Object.keys(gradients()).filter((name) => !Object.hasOwn(options, name));
    const found = floats.filter(({ name }) => computed.includes(name));
    expect(
      found.map(({ name }) => name),
      `arguments of the call that hold floats, among those with a gradient`,
    ).toEqual(computed);
    return found;
  };

  it("returns the gradient of every argument, by central differences or as stated", () => {
    if (call.value !== undefined) expect(loss(...args, options)).toBe(call.value);
    expectDifferentiated();
    expectGradients(loss, call);
  });

  it("reads every argument in every container, and returns its gradient in it", () => {
    const expected = valueAndGrad(args);
    for (const { position, name, tensor } of floats) {
      const gradientOf = (result: AnyLoss) => gradientsOf(result, names)[name];
      const isDifferentiated = gradientOf(expected) !== undefined;
      const asTensors = valueAndGrad(args.with(position, tensor));
      const gradient = gradientOf(asTensors) as Tensor;
      const check = (container: unknown, inContainer: (gradient: Tensor) => unknown) => {
        const result = valueAndGrad(args.with(position, container));
        expect(result.value, name).toBe(expected.value);
        if (isDifferentiated) expect(gradientOf(result), name).toEqual(inContainer(gradient));
      };
      if (tensor.shape.length === 0) {
        check(tensor.data[0], (result) => flat(result)[0]);
        continue;
      }
      check(toNested(tensor), toNested);
      check(reverseStorage(tensor), (result) => result);
      if (tensor.shape.length === 1) check(tensor.data, ({ data }) => data);
      const float32 = { data: Float32Array.from(tensor.data), shape: tensor.shape };
      const rounded = { data: Float64Array.from(float32.data), shape: tensor.shape };
      const [single, double] = [float32, rounded].map((value) =>
        valueAndGrad(args.with(position, value)),
      );
      const close = { limit: 1e-5, floor: 1 };
      const inFloat32 = `with ${name} in float32`;
      expectNear([single.value], [double.value], close, `value ${inFloat32}`);
      if (!isDifferentiated) continue;
      const singleGradient = gradientOf(single) as Tensor;
      expect(singleGradient.data).toBeInstanceOf(Float32Array);
      expect(singleGradient.shape).toEqual(tensor.shape);
      const expectedGradient = flat(gradientOf(double));
      expectNear(
        flat(singleGradient),
        expectedGradient,
        { ...close, floor: 0.1 },
        `gradient of ${name} ${inFloat32}`,
      );
    }
  });

  it("takes integers for differentiable arguments but the first, without a gradient", () => {
    for (const { position, name, tensor } of expectDifferentiated().slice(1)) {
      const whole = tensor.data.map((value) => Math.round(value) || 1);
      const floatResult = valueAndGrad(args.with(position, { ...tensor, data: whole }));
      const integers = { ...tensor, data: Int32Array.from(whole) };
      const result = valueAndGrad(args.with(position, integers));
      expect(result.value, name).toEqual(floatResult.value);
      expect(Object.keys(result.grads ?? {})).not.toContain(name);
      expect(flat(result.grad)).toEqual(flat(floatResult.grad));
    }
  });

  it("writes each gradient to its out, even in place, and computes those that are asked for", () => {
    const expected = gradients();
    const found = expectDifferentiated();
    const ownArguments = () => {
      const own = args.slice();
      for (const { position, tensor } of found) {
        own[position] = float64(tensor.data, tensor.shape);
      }
      return own;
    };
    const outs = () =>
      Object.fromEntries(
        found.map(({ name, tensor }) => [
          name,
          float64(new Float64Array(tensor.data.length).fill(7), tensor.shape),
        ]),
      );
    const out = outs();
    const result = gradientsOf(valueAndGrad(ownArguments(), { out }), names);
    const inPlace = ownArguments();
    const aliases = Object.fromEntries(
      found.map(({ name, position }) => [name, inPlace[position]]),
    );
    valueAndGrad(inPlace, { out: aliases });
    for (const { name, tensor } of found) {
      expect(flat(out[name]), name).toEqual(flat(expected[name]));
      expect(flat(aliases[name]), name).toEqual(flat(expected[name]));
      if (tensor.shape.length > 0) expect(result[name]).toBe(out[name]);
    }

    const first = valueAndGrad(args, { differentiate: [names[0]] });
    expect(flat(first.grad)).toEqual(flat(expected[names[0]]));
    const several = `names in grads with differentiate: ["${names[0]}"], for a loss with ${found.length} differentiable arguments`;
    expect(Object.keys(first.grads ?? {}), several).toEqual(found.length > 1 ? [names[0]] : []);
    for (const { name } of found.slice(1)) {
      const { grads } = valueAndGrad(args, { differentiate: [names[0], name] });
      expect(Object.keys(grads)).toEqual([names[0], name]);
      expect(flat(grads[name])).toEqual(flat(expected[name]));
    }

    for (const wrong of [{ [names[0]]: "x" }, { ...outs(), unknown: 1 }]) {
      const intact = Object.values(wrong).filter((value) => typeof value === "object");
      expect(() => valueAndGrad(args, { out: wrong })).toThrow(TypeError);
      for (const container of intact) {
        const changed = flat(container).filter((value) => value !== 7);
        expect(changed, "what a call that throws has written to out").toEqual([]);
      }
    }
  });

  it("names the function and the argument in errors", () => {
    for (const { position, name } of floats) {
      for (const wrong of ["x", null, new Set(), [[1, 2], [3]], Promise.resolve(1)]) {
        expect(() => loss(...args.with(position, wrong), options)).toThrow(
          new RegExp(`^${loss.name}: ${name}\\b.*(must|expected)`),
        );
      }
      const error = new RegExp(`^${loss.name}\\.valueAndGrad: ${name} `);
      expect(() => valueAndGrad(args.with(position, "x"))).toThrow(error);
    }
  });
}

/**
 * Checks the gradients of arguments, and those of options that are numbers or arrays: by central differences, or
 * as the call states them.
 */
export function expectGradients(loss: AnyLoss, call: Call): void {
  const { input, rest, options = {} } = call;
  const args = [input, ...rest];
  const floats = floatArguments(loss, call);
  const names = floats.map(({ name }) => name);
  const valueAndGrad = (more: object = {}) => loss.valueAndGrad(...args, { ...options, ...more });
  const actual = gradientsOf(valueAndGrad(), names);
  const doubled = gradientsOf(valueAndGrad({ gradOutput: 2 }), names);
  for (const name of Object.keys(actual)) {
    const argument = floats.find((found) => found.name === name);
    const tensor = argument?.tensor ?? asTensor((options as Record<string, unknown>)[name]);
    if (tensor === undefined)
      throw new Error(`${name} has a gradient, and the call does not give it.`);
    const lossOf = (changed: unknown): number =>
      argument === undefined
        ? loss(...args, { ...options, [name]: changed })
        : loss(...args.with(argument.position, changed), options);
    const stated = call.grads?.[name];
    if (stated !== undefined || !call.hasOwnConvention) {
      const expected = stated ?? centralDifferences(lossOf, tensor);
      const source = stated === undefined ? "central differences" : "grads of the call";
      const limit = stated === undefined ? 1e-6 : 1e-12;
      const what = `gradient of ${name}, compared with ${source}`;
      expectNear(flat(actual[name]), expected, { limit, floor: 1e-2 }, what);
    }
    expect(flat(doubled[name])).toEqual(flat(actual[name]).map((value) => 2 * value));
  }
}

function centralDifferences(
  lossOf: (changed: unknown) => number,
  tensor: FloatArgument["tensor"],
): number[] {
  const step = 1e-5;
  return Array.from(tensor.data, (_, i) => {
    const valueAt = (change: number) => {
      const data = tensor.data.slice();
      data[i] += change;
      return lossOf(fromTensor({ ...tensor, data }));
    };
    return (valueAt(step) - valueAt(-step)) / (2 * step);
  });
}
