// Runs products of matrices on all threads, in parts whose memory is bounded.
import { copyLines, createShared } from "./copy.ts";
import {
  type BlockMatrices,
  type MatrixProduct,
  partitionProduct,
  slotLayout,
} from "./matrixProduct.ts";
import type { Pool } from "./pool.ts";
import { ProductCall } from "./productCall.ts";
import { isShared } from "./sharing.ts";
import type { StagingSlots } from "./stagingSlots.ts";

/** The most elements of `short`, and of a block of `wide`, at once. */
const maxLength = 1 << 17;

/** The rows that kernels multiply at once where `tall` is the result. Parts of `short` begin at multiples of it. */
const panelRows = 128;

/** The most elements of all sums at once, and of each. Kernels compute four rows of a sum at once. */
const maxSumsLength = 1 << 18;
const maxSumLength = 1 << 14;
const sumRowMultiple = 4;

/** The most elements of a row of `tall`, which bounds the slots. */
export const maxProductColumns = 1 << 13;

/** A product of matrices, and how the calling thread computes it alone. */
export interface ProductTerms {
  readonly product: MatrixProduct;
  readonly arrays: BlockMatrices;
  computeAlone(): void;
}

/** Returns how many elements of a cross-entropy with its gradient take about as long as a product. */
export function elementsOf({ outer, size, shortRows }: MatrixProduct): number {
  return Math.floor((outer * size * shortRows) / 64);
}

/** Returns the same text for products that take about the same time per element. */
export function kindOf(
  { result, outer, size, shortRows }: MatrixProduct,
  { tall, wide }: BlockMatrices,
): string {
  const sizes = [outer, size, shortRows].map((length) => Math.clz32(length));
  return ["product", result, ...sizes, isShared(tall), isShared(wide)].join(" ");
}

/** Computes products of matrices on all threads of a pool. */
export class ProductRunner {
  readonly #pool: Pool;
  readonly #slotsOf: (capacity: number) => StagingSlots;
  #short: SharedArrayBuffer | undefined;
  #sums = new Float32Array();

  /** @param slotsOf returns slots with room for so many elements each. */
  constructor(pool: Pool, slotsOf: (capacity: number) => StagingSlots) {
    this.#pool = pool;
    this.#slotsOf = slotsOf;
  }

  /** Computes a product. Returns false, and does nothing, if the runtime has no room for its memory. */
  run(product: MatrixProduct, { tall, short, wide }: BlockMatrices): boolean {
    const { shortRows, size, wideStride } = product;
    const rows = Math.min(shortRows, rowsAtOnce(product));
    const memory = this.#open(product, short, rows);
    if (memory === undefined) return false;
    for (let first = 0; first < shortRows; first += rows) {
      const count = Math.min(rows, shortRows - first);
      const arrays = {
        tall,
        short: short.subarray(first * size, (first + count) * size),
        wide: wide.subarray(first * wideStride),
      };
      const shared = memory.short?.subarray(0, count * size);
      if (shared !== undefined) copyAll(shared, arrays.short);
      const part = { ...product, shortRows: count };
      new ProductCall(this.#pool, part, arrays, { ...memory, short: shared }).computeAll();
    }
    return true;
  }

  #open(product: MatrixProduct, short: Float32Array, rows: number) {
    const { slabsPerBlock, slabBlocks } = partitionProduct(product);
    const length = rows * product.size;
    const isSum = product.result === "short";
    try {
      const slots = this.#slotsOf(
        slotLayout({ ...product, shortRows: rows }, slabsPerBlock).length,
      );
      if (isSum) {
        const sums = this.#openSums(Math.min(slabBlocks * length, Math.max(length, maxSumsLength)));
        return { slots, short: undefined, sums };
      }
      const isOwn = isShared(short);
      return { slots, short: isOwn ? undefined : this.#openShort(length), sums: this.#sums };
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #openShort(length: number): Float32Array {
    if (this.#short === undefined || this.#short.byteLength < 4 * length) {
      this.#short = createShared(4 * length);
    }
    return new Float32Array(this.#short, 0, length);
  }

  #openSums(length: number): Float32Array {
    if (this.#sums.length < length) this.#sums = new Float32Array(length);
    return this.#sums;
  }
}

/** Returns how many rows of `short` are multiplied at once. */
function rowsAtOnce(product: MatrixProduct): number {
  const { result, size } = product;
  if (result === "short") {
    return sumRowMultiple * Math.max(1, Math.floor(maxSumLength / size / sumRowMultiple));
  }
  const most = maxLength / Math.max(size, partitionProduct(product).slabsPerBlock);
  return panelRows * Math.max(1, Math.floor(most / panelRows));
}

function copyAll(to: Float32Array, from: Float32Array): void {
  const lines = (array: Float32Array) => ({ array, offset: 0, stride: 0 });
  copyLines(lines(to), lines(from), from.length, 1);
}
