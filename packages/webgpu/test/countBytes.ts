// Counts the bytes that kernels read and write, by a counter in their sources.

const storage = /var<storage, (read|read_write)> (\w+): array<(?:atomic<)?(vec\d|Four)?/g;

/** Kernels that store four members of a structure give the output a second name. */
const secondNames: Readonly<Record<string, string>> = { fours: "output" };

const bytesOf = (type: string | undefined) => {
  if (type === "Four") return 16;
  return type === undefined ? 4 : 4 * Number(type.at(-1));
};

/** Bytes read and written, by the name of the buffer in the kernel. */
export type ByteCounts = Record<string, { read: number; written: number }>;

/**
 * Makes every kernel that the device compiles from now on count what it reads and writes in storage buffers: in the
 * source, the index of each access goes through a function that adds the size of the element to a counter.
 *
 * @param device a device whose kernels may use a buffer more than this package's: the counters'.
 * @returns a function that runs commands and returns the bytes that they read and wrote.
 */
export function countBytes(
  device: GPUDevice,
): (run: () => Promise<unknown>) => Promise<ByteCounts> {
  const places: string[] = [];
  const counters = device.createBuffer({ size: 256, usage: 0x80 | 0x4 | 0x8 });
  const entry = { binding: 0, visibility: 4, buffer: { type: "storage" } } as const;
  const layout = device.createBindGroupLayout({ entries: [entry] });
  const group = device.createBindGroup({
    layout,
    entries: [{ binding: 0, resource: { buffer: counters } }],
  });
  const createModule = device.createShaderModule.bind(device);
  const createLayout = device.createPipelineLayout.bind(device);
  const createEncoder = device.createCommandEncoder.bind(device);
  device.createShaderModule = (descriptor) =>
    createModule({ ...descriptor, code: instrument(descriptor.code, places) });
  device.createPipelineLayout = (descriptor) =>
    createLayout({ bindGroupLayouts: [...descriptor.bindGroupLayouts, layout] });
  device.createCommandEncoder = () => {
    const encoder = createEncoder();
    const beginPass = encoder.beginComputePass.bind(encoder);
    encoder.beginComputePass = () => {
      const pass = beginPass();
      pass.setBindGroup(1, group);
      return pass;
    };
    return encoder;
  };

  return async (run) => {
    device.queue.writeBuffer(counters, 0, new Uint32Array(64));
    await run();
    const numbers = await readWords(device, createEncoder, counters);
    const counts: ByteCounts = {};
    for (const [i, place] of places.entries()) {
      const [name, access] = place.split(" ");
      counts[name] ??= { read: 0, written: 0 };
      counts[name][access as "read" | "written"] = numbers[i];
    }
    return counts;
  };
}

/** Puts counters into a kernel's source. `places` names the counters. */
function instrument(code: string, places: string[]): string {
  const functions: string[] = [];
  let result = code;
  for (const [, , name, type] of code.matchAll(storage)) {
    const size = bytesOf(type);
    const counterOf = (access: string) => {
      const place = `${secondNames[name] ?? name} ${access}`;
      if (!places.includes(place)) places.push(place);
      const i = places.indexOf(place);
      const call = `count_${name}_${access}`;
      functions.push(
        `fn ${call}(i: u32) -> u32 { atomicAdd(&byteCounts[${i}], ${size}u); return i; }`,
      );
      return call;
    };
    result = countAccesses(result, name, counterOf("read"), counterOf("written"));
  }
  return `${result}\n@group(1) @binding(0) var<storage, read_write> byteCounts: array<atomic<u32>>;\n${functions.join("\n")}`;
}

/** Passes the index of each access to a buffer through a counter. */
function countAccesses(code: string, name: string, read: string, written: string): string {
  const parts: string[] = [];
  let rest = code;
  for (;;) {
    const found = rest.match(new RegExp(`\\b${name}\\[`));
    if (found?.index === undefined) return parts.join("") + rest;
    const start = found.index + found[0].length;
    let end = start;
    for (let depth = 1; depth > 0; end++) {
      depth += Number(rest[end] === "[") - Number(rest[end] === "]");
    }
    const isWritten = /^(\.\w|\[\w+\])? = /.test(rest.slice(end)) || rest[found.index - 1] === "&";
    const index = countAccesses(rest.slice(start, end - 1), name, read, written);
    parts.push(rest.slice(0, start), `${isWritten ? written : read}(u32(${index}))]`);
    rest = rest.slice(end);
  }
}

async function readWords(
  device: GPUDevice,
  createEncoder: () => GPUCommandEncoder,
  buffer: GPUBuffer,
): Promise<Uint32Array> {
  const staging = device.createBuffer({ size: buffer.size, usage: 0x1 | 0x8 });
  const encoder = createEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, buffer.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  return new Uint32Array(staging.getMappedRange().slice(0));
}
