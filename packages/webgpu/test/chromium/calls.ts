// Runs in the page.
import { type Gpu, onGpu } from "../../src/index.ts";

/** An array of an argument. */
export interface PageArray {
  readonly data: readonly number[];
  readonly shape: readonly number[];
  /** Where it is: on the GPU, or in an array of this kind. */
  readonly place: "gpu" | "float64" | "int32";
}

/** A call of a function of the package. */
export interface PageCall {
  readonly name: string;
  readonly args: readonly PageArray[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly withGradient: boolean;
}

let opened: Promise<Gpu> | undefined;

/** Calls the functions at once and returns the elements of each result: the value, and the gradient if there is one. */
export async function run(calls: readonly PageCall[]): Promise<number[][][]> {
  opened ??= onGpu();
  const gpu = await opened;
  return Promise.all(calls.map((call) => runCall(gpu, call)));
}

async function runCall(gpu: Gpu, call: PageCall): Promise<number[][]> {
  // biome-ignore lint/suspicious/noExplicitAny: the calls are of all signatures.
  const found = (gpu as any)[call.name];
  const args = call.args.map(({ data, shape, place }) =>
    place === "gpu"
      ? gpu.tensor(Float32Array.from(data), shape)
      : { data: (place === "int32" ? Int32Array : Float64Array).from(data), shape },
  );
  if (!call.withGradient) return [await elementsOf(found(...args, call.options))];
  const { value, grad } = found.valueAndGrad(...args, call.options);
  return [await elementsOf(value), await elementsOf(grad)];
}

async function elementsOf(tensor: ReturnType<Gpu["empty"]>): Promise<number[]> {
  const read = await tensor.read();
  return typeof read === "number" ? [read] : Array.from(read.data);
}

/** Returns the messages of the errors of a buffer that another device has made: of the tensor, and of a result. */
export async function readForeign(): Promise<string[]> {
  const [gpu, other] = [await onGpu(), await onGpu()];
  const foreign = gpu.tensor(other.empty([2]).buffer, [2]);
  const messageOf = (error: Error) => `${error.name}: ${error.message}`;
  return Promise.all(
    [foreign, gpu.mseLoss(foreign, [1, 2])].map((tensor) => tensor.read().then(String, messageOf)),
  );
}
