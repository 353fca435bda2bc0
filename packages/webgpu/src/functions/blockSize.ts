import { productTile } from "../wgsl/matrixProduct.ts";
import { workgroupSize } from "../wgsl/variant.ts";

/** The bytes of a block of logits. Their gradients take as many. */
const blockBytes = 3 << 19;
/** The most bytes of the records that hold the statistics of a block's rows. */
const mostRecordBytes = 3 << 18;
/** The bytes of the statistics of a row in one block. */
export const recordBytes = 48;

/** The size of blocks: their rows and columns, and how many are beside each other. */
export interface BlockSize {
  readonly rows: number;
  readonly columns: number;
  readonly across: number;
}

/**
 * Returns the size of blocks of logits. A block's rows share each read of the weight, so there are 128 of them at
 * least; more where the vocabulary is small.
 */
export function blockSize(rows: number, vocabulary: number): BlockSize {
  const elements = blockBytes / 4;
  const whole = Math.ceil(Math.max(1, vocabulary) / 4) * 4;
  const most = Math.floor(elements / whole / workgroupSize) * workgroupSize;
  let blockRows = Math.max(1, Math.min(rows, 16 * workgroupSize, Math.max(most, 128)));
  for (;;) {
    const fitting = Math.floor(elements / blockRows / productTile) * productTile;
    const columns = Math.min(whole, fitting);
    const across = Math.ceil(vocabulary / columns);
    if (blockRows === 1 || blockRows * (across + 1) * recordBytes <= mostRecordBytes) {
      return { rows: blockRows, columns, across };
    }
    blockRows = Math.ceil(blockRows / 2);
  }
}
