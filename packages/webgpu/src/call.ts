import { bufferUsage, computeStage } from "./constants.ts";
import { type Context, checkDevice, createBuffer, type Pipeline, uploadBytes } from "./context.ts";
import { type Failure, failuresOf, firstFailure, watch } from "./failures.ts";

/** How a kernel uses a buffer. */
export type Access = "read" | "write";

/** A kernel, and the accesses of its bindings, which follow the parameters at binding 0. */
export interface Kernel {
  /** Names the variant: kernels with the same key have the same source. */
  readonly key: string;
  /** Makes the source. */
  readonly code: () => string;
  readonly bindings: readonly Access[];
}

/** A kernel's parameters in their order; the type is that in WGSL. */
export type Parameters = readonly (readonly [
  name: string,
  type: "u32" | "i32" | "f32",
  value: number,
])[];

/** The largest number of workgroups along one axis of a dispatch. */
const maxWorkgroups = 65535;

/** The commands of one call of a function. */
export interface Call {
  readonly functionName: string;
  readonly context: Context;
  /** Adds a kernel that runs in `workgroups` workgroups. */
  dispatch(
    kernel: Kernel,
    parameters: Parameters,
    buffers: readonly GPUBuffer[],
    workgroups: number,
  ): void;
  /** Creates a buffer that is needed until the commands have run. */
  scratch(bytes: number): GPUBuffer;
  /** Copies numbers to the GPU, for this call only. */
  upload(data: Float32Array | Int32Array | Uint32Array): GPUBuffer;
  /** The buffers of the arguments. A kernel cannot write to what it reads. */
  readonly argumentBuffers: Set<GPUBuffer>;
  /** The error of the call, once it is known. */
  readonly failure: Failure;
}

/** Records the commands of a call into the caller's encoder, or into one of its own, which it submits. */
export function runCall<T>(
  functionName: string,
  context: Context,
  encoder: GPUCommandEncoder | undefined,
  record: (call: Call) => T,
): T {
  checkDevice(functionName, context);
  let reportFailure: (failure: Failure) => void = () => {};
  const failure: Failure = new Promise((resolve) => {
    reportFailure = resolve;
  });
  const temporary: GPUBuffer[] = [];
  const failures: Failure[] = [];
  const watched = watch(functionName, context, () => {
    const commands = encoder ?? context.device.createCommandEncoder();
    const pass = commands.beginComputePass();
    const call: Call = {
      functionName,
      context,
      failure,
      argumentBuffers: new Set(),
      scratch(bytes) {
        const buffer = createBuffer(functionName, context, bytes, bufferUsage.storage);
        temporary.push(buffer);
        return buffer;
      },
      upload(data) {
        const buffer = uploadBytes(functionName, context, data);
        temporary.push(buffer);
        return buffer;
      },
      dispatch(kernel, parameters, buffers, workgroups) {
        if (workgroups === 0) return;
        // A result depends on the call itself, whose error is made of these.
        for (const buffer of buffers) {
          failures.push(...failuresOf(context, buffer).filter((other) => other !== failure));
        }
        temporary.push(encodeKernel(call, pass, kernel, parameters, buffers, workgroups));
      },
    };
    let result: T;
    try {
      result = record(call);
    } finally {
      pass.end();
    }
    if (encoder === undefined) {
      context.device.queue.submit([commands.finish()]);
      // Submitted commands keep their buffers alive. The caller's encoder is submitted later.
      for (const buffer of temporary) buffer.destroy();
    }
    return result;
  });
  // The error of a foreign buffer, or of an earlier call, says more than that of a refused command.
  reportFailure(firstFailure([...failures, watched.failure]));
  return watched.result;
}

/** Encodes one kernel and returns the buffer of its parameters. */
function encodeKernel(
  { functionName, context }: Call,
  pass: GPUComputePassEncoder,
  kernel: Kernel,
  parameters: Parameters,
  buffers: readonly GPUBuffer[],
  workgroups: number,
): GPUBuffer {
  const { pipeline, layout } = pipelineOf(context, kernel, parameters);
  const uniform = uploadParameters(functionName, context, parameters);
  const resources = [uniform, ...buffers];
  pass.setPipeline(pipeline);
  pass.setBindGroup(
    0,
    context.device.createBindGroup({
      layout,
      entries: resources.map((buffer, binding) => ({ binding, resource: { buffer } })),
    }),
  );
  // More workgroups than fit one axis are folded; the kernel counts them along both.
  const width = Math.min(workgroups, maxWorkgroups);
  pass.dispatchWorkgroups(width, Math.ceil(workgroups / width));
  return uniform;
}

function uploadParameters(
  functionName: string,
  context: Context,
  parameters: Parameters,
): GPUBuffer {
  const bytes = 4 * parameters.length;
  const buffer = createBuffer(functionName, context, bytes, bufferUsage.uniform, true);
  const view = new DataView(buffer.getMappedRange());
  for (const [i, [, type, value]] of parameters.entries()) {
    if (type === "f32") view.setFloat32(4 * i, value, true);
    else if (type === "i32") view.setInt32(4 * i, value, true);
    else view.setUint32(4 * i, value, true);
  }
  buffer.unmap();
  return buffer;
}

/** Returns the compiled kernel. A kernel is compiled when it is first needed, and kept. */
function pipelineOf(context: Context, kernel: Kernel, parameters: Parameters): Pipeline {
  const { key, bindings } = kernel;
  const known = context.pipelines.get(key);
  if (known !== undefined) return known;
  const { device } = context;
  const code = kernel.code();
  const members = parameters.map(([name, type]) => `${name}: ${type},`).join("\n");
  // Some private variables are equal throughout a subgroup. The compiler cannot see that.
  const enable = code.includes("subgroup")
    ? "enable subgroups;\ndiagnostic(off, subgroup_uniformity);\n"
    : "";
  const module = device.createShaderModule({
    code: `${enable}struct Parameters {\n${members}\n}\n@group(0) @binding(0) var<uniform> parameters: Parameters;\n${code}`,
  });
  const types = { read: "read-only-storage", write: "storage" } as const;
  const layout = device.createBindGroupLayout({
    entries: [
      { binding: 0, visibility: computeStage, buffer: { type: "uniform" } },
      ...bindings.map((access, i) => ({
        binding: i + 1,
        visibility: computeStage,
        buffer: { type: types[access] },
      })),
    ],
  });
  const pipeline = device.createComputePipeline({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: { module },
  });
  const compiled = { pipeline, layout };
  context.pipelines.set(key, compiled);
  return compiled;
}
