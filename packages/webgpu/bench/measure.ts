// Measures the kernels beside a copy kernel in bytes per second, on the GPU that Dawn finds:
//   node --conditions=@surprisal/source bench/measure.ts [rows classes]
// Without a GPU, VK_ICD_FILENAMES and LD_LIBRARY_PATH can name SwiftShader's driver, which shows only that it runs.
import { type Gpu, type GpuTensor, onGpu } from "@surprisal/webgpu";
import { requestDevice } from "../test/device.ts";

const repetitions = 10;
const rounds = 5;

const shapes =
  process.argv.length > 3
    ? [[Number(process.argv[2]), Number(process.argv[3])]]
    : [
        [4096, 32_000],
        [512, 152_064],
      ];

const copySource = /* wgsl */ `
@group(0) @binding(0) var<storage, read> source: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> to: array<vec4<u32>>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.y * groups.x * 256u + id.x;
  if (i < arrayLength(&source)) { to[i] = source[i]; }
}`;

type Encode = (encoder: GPUCommandEncoder) => void;

/** Returns a function that copies a tensor to another of its size. */
function copyKernel(device: GPUDevice, source: GpuTensor, to: GpuTensor): Encode {
  const module = device.createShaderModule({ code: copySource });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module } });
  const entries = [source, to].map(({ buffer }, binding) => ({ binding, resource: { buffer } }));
  const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const workgroups = Math.ceil(source.buffer.size / 16 / 256);
  const width = Math.min(workgroups, 65_535);
  return (encoder) => {
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(width, Math.ceil(workgroups / width));
    pass.end();
  };
}

/** Returns the median time of one run in seconds, over rounds of several runs each. */
async function time(device: GPUDevice, encode: Encode): Promise<number> {
  const times: number[] = [];
  // The first round compiles and warms up.
  for (let round = 0; round <= rounds; round++) {
    const encoder = device.createCommandEncoder();
    for (let i = 0; i < repetitions; i++) encode(encoder);
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    if (round > 0) times.push((performance.now() - start) / 1000 / repetitions);
  }
  return times.sort((a, b) => a - b)[rounds >> 1];
}

async function measureShape(gpu: Gpu, rows: number, classes: number): Promise<void> {
  const device = gpu.device as GPUDevice;
  const data = Float32Array.from({ length: rows * classes }, (_, i) => 4 * Math.sin(i * 0.7));
  const logits = gpu.tensor(data, [rows, classes]);
  const out = gpu.empty([rows, classes]);
  const targets = Int32Array.from({ length: rows }, (_, i) => (i * 31) % classes);
  const target = gpu.tensor(targets, [rows], { type: "int32" });
  const cases: readonly [name: string, bytesPerElement: number, encode: Encode][] = [
    ["copy", 8, copyKernel(device, logits, out)],
    ["crossEntropy", 4, (encoder) => gpu.crossEntropy(logits, target, { encoder })],
    [
      "crossEntropy with gradient",
      12,
      (encoder) => gpu.crossEntropy.valueAndGrad(logits, target, { encoder, out }),
    ],
    ["softmax", 12, (encoder) => gpu.softmax(logits, { encoder, out })],
    ["logSoftmax", 12, (encoder) => gpu.logSoftmax(logits, { encoder, out })],
  ];
  let copyRate = 0;
  for (const [name, bytes, encode] of cases) {
    const seconds = await time(device, encode);
    const rate = (rows * classes * bytes) / seconds / 1e9;
    if (name === "copy") copyRate = rate;
    const columns = [(seconds * 1e6).toFixed(0), rate.toFixed(1), (rate / copyRate).toFixed(2)];
    console.log(`| ${name} | ${columns.join(" | ")} |`);
  }
  logits.destroy();
  out.destroy();
}

const device = await requestDevice();
const { vendor, architecture, description } = device.adapterInfo;
console.log(
  `${[vendor, architecture, description].filter(Boolean).join(", ")}, Node ${process.version}`,
);
const gpu = await onGpu(device);
for (const [rows, classes] of shapes) {
  console.log(`\n| [${rows}, ${classes}] | µs | GB/s | of the copy kernel |\n|---|---|---|---|`);
  await measureShape(gpu, rows, classes);
}
process.exit(0);
