// Writes the memory map, compiles assembly/ at both SIMD levels, and writes the binaries as text, so that
// the package can instantiate them synchronously and without a fetch.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";
import { checkRegions, memoryMapSource, regions } from "./memoryMap.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
/** The pages in which all constants are. */
const constantPages = 3;
const levels = { simd: ["simd"], relaxed: ["simd", "relaxed-simd"] };

/**
 * The modules: one for each group of operations, so that a bundle contains only those that it uses. They
 * share a memory, in which each has a region for its constants. `assembly/operation.ts` explains the numbers;
 * the other modules have number 2 because they have no temperature. `constants` names the region of modules that share
 * theirs. The others have constants of their own, or none.
 */
const modules = {
  softmax: { entry: "softmax", operation: 0 },
  logarithms: { entry: "softmax", operation: 1 },
  losses: { entry: "losses", operation: 2 },
  backward: { entry: "backward", operation: 2 },
  elements: { entry: "elements", operation: 2 },
  logistic: { entry: "logistic", operation: 2, constants: "elements" },
  weightedLogistic: { entry: "weightedLogistic", operation: 2, constants: "elements" },
  softMargin: { entry: "softMargin", operation: 2, constants: "elements" },
  hinge: { entry: "hinge", operation: 2, constants: "elements" },
  binaryCrossEntropy: { entry: "binaryCrossEntropy", operation: 2, constants: "elements" },
  asymmetric: { entry: "asymmetric", operation: 2, constants: "elements" },
  logCosh: { entry: "logCosh", operation: 2, constants: "elements" },
  gaussian: { entry: "gaussian", operation: 2, constants: "elements" },
  poisson: { entry: "poisson", operation: 2, constants: "elements" },
  klDivergence: { entry: "klDivergence", operation: 2, constants: "elements" },
  sigmoidFocal: { entry: "sigmoidFocal", operation: 2, constants: "elements" },
  blocks: { entry: "blocks", operation: 2, constants: "elements" },
  differences: { entry: "differences", operation: 2, constants: "elements" },
  softcap: { entry: "softcap", operation: 2 },
  bits: { entry: "bits", operation: 2 },
  kullbackLeibler: { entry: "kullbackLeibler", operation: 2, constants: "divergence" },
  jensenShannon: { entry: "jensenShannon", operation: 2, constants: "divergence" },
  overlap: { entry: "overlap", operation: 2 },
  composedSoft: { entry: "composedSoft", operation: 2 },
  exponentials64: { entry: "exponentials64", operation: 2 },
  gemm: { entry: "gemm", operation: 2 },
};

/** Returns the binary of a module, compiled with the given SIMD features. */
async function compile(name, features) {
  const { entry, operation, constants: owner = name } = modules[name];
  const constants = regions[`${owner}Constants`];
  const folder = mkdtempSync(join(tmpdir(), "kernels-"));
  const file = join(folder, "kernels.wasm");
  const options = [
    ...["--baseDir", root, "--outFile", file],
    ...["--runtime", "stub", "--importMemory", "--noExportMemory"],
    ...["--memoryBase", String(constants?.address ?? 0), "--use", `OPERATION=${operation}`],
    ...["--optimizeLevel", "3", "--shrinkLevel", "1", "--noAssert"],
    ...features.flatMap((feature) => ["--enable", feature]),
  ];
  const { error, stderr } = await asc.main([`assembly/${entry}.ts`, ...options]);
  if (error) throw new Error(`${error.message}\n${stderr}`);
  const binary = readFileSync(file);
  rmSync(folder, { recursive: true });
  if (constants !== undefined) checkConstants(name, binary, constants);
  return binary;
}

/** Throws unless a module writes its constants into its region, and nothing else, when it is instantiated. */
function checkConstants(name, binary, { address, bytes }) {
  const memory = new WebAssembly.Memory({ initial: constantPages });
  new WebAssembly.Instance(new WebAssembly.Module(binary), { env: { memory, base: 0 } });
  const contents = new Uint8Array(memory.buffer);
  const isNonZero = (byte) => byte !== 0;
  const [first, last] = [contents.findIndex(isNonZero), contents.findLastIndex(isNonZero)];
  if (first < address || last >= address + bytes) {
    throw new Error(`The constants of ${name} do not fit the region at ${address}.`);
  }
}

/**
 * Returns the bytes as text: one character for each byte that is frequent in code, two for the others.
 * `src/kernels/instance.ts` decodes it.
 *
 * Compressed, the text is 5 % larger than the bytes; hexadecimal digits are 10 % larger. Base64 is 50 % larger
 * because it hides the similarity of the two SIMD levels wherever they are not aligned to three bytes.
 */
function encode(binary) {
  return Array.from(binary, (byte) => {
    const rank = (byte + 32) % 256;
    const character = String.fromCharCode(35 + (rank % 90));
    return ["", "}", "~"][Math.floor(rank / 90)] + character.replace("\\", "!");
  }).join("");
}

checkRegions();
mkdirSync(join(root, "src/generated"), { recursive: true });
writeFileSync(join(root, "src/generated/memoryMap.ts"), memoryMapSource());
for (const name of Object.keys(modules)) {
  const lines = ["// Generated by scripts/buildKernels.mjs.", `export const ${name} = {`];
  for (const [level, features] of Object.entries(levels)) {
    lines.push(`  ${level}:\n    "${encode(await compile(name, features))}",`);
  }
  lines.push("};");
  writeFileSync(join(root, `src/generated/${name}.ts`), `${lines.join("\n")}\n`);
}
