import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { Operation, Problem } from "../problem.ts";
import type { ImplementationInfo } from "../record.ts";
import { asynchronousTask, type Implementation, type Task } from "./implementation.ts";
import { type OnnxNode, onnxModel } from "./onnxModel.ts";

/** The interface that onnxruntime-web and onnxruntime-node share. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(
      model: Uint8Array<ArrayBuffer>,
      options: InferenceSession.SessionOptions,
    ): Promise<InferenceSession>;
  };
  readonly Tensor: typeof Tensor;
}

/** Returns a runtime as an implementation: one session per model, one thread. */
export function onnxImplementation(
  about: ImplementationInfo,
  runtime: OnnxRuntime,
  provider: "wasm" | "cpu",
): Implementation {
  const sessions = new Map<string, Promise<InferenceSession>>();
  const sessionOf = (nodes: readonly OnnxNode[], rank: number) => {
    const key = JSON.stringify([nodes, rank]);
    let session = sessions.get(key);
    if (session === undefined) {
      session = runtime.InferenceSession.create(onnxModel(nodes, rank), {
        executionProviders: [provider],
        intraOpNumThreads: 1,
        interOpNumThreads: 1,
        // Only errors: it warns about every dynamic axis.
        logSeverityLevel: 3,
      });
      sessions.set(key, session);
    }
    return session;
  };

  return {
    ...about,
    async prepare(problem): Promise<Task | undefined> {
      const nodes = operatorsOf(problem)[problem.operation];
      if (nodes === undefined) return undefined;
      const { logits, shape, axis } = problem;
      const session = await sessionOf(nodes, shape.length);
      const feeds: Record<string, Tensor> = { x: new runtime.Tensor("float32", logits, shape) };
      if (nodes.some((node) => node.hasTargets)) {
        const targets = BigInt64Array.from(problem.targets, BigInt);
        feeds.targets = new runtime.Tensor("int64", targets, shape.toSpliced(axis, 1));
      }
      return asynchronousTask(
        async () => (await session.run(feeds)).y,
        (y) => ({ values: y.data as Float32Array }),
        (y) => y.dispose(),
      );
    },
  };
}

/** Returns the operators of each operation, in the order in which they are applied. */
function operatorsOf({
  axis,
  reduction,
}: Problem): Partial<Record<Operation, readonly OnnxNode[]>> {
  const softmax = { operator: "Softmax", integers: { axis } };
  const logSoftmax = { operator: "LogSoftmax", integers: { axis } };
  const log = { operator: "Log" };
  const loss = (operator: string) => ({ operator, strings: { reduction }, hasTargets: true });
  return {
    softmax: [softmax],
    logSoftmax: [logSoftmax],
    logOfSoftmax: [softmax, log],
    crossEntropy: [loss("SoftmaxCrossEntropyLoss")],
    softmaxLogNll: [softmax, log, loss("NegativeLogLikelihoodLoss")],
    logSoftmaxNll: [logSoftmax, loss("NegativeLogLikelihoodLoss")],
  };
}
