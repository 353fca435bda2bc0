import { crossEntropy } from "@surprisal/losses";
import { parquetRead } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";

// A file to read. Open your own with asyncBufferFromFile or asyncBufferFromUrl.
const file = parquetWriteBuffer({
  columnData: [
    { name: "cat", data: Float32Array.of(2, 0), type: "FLOAT" },
    { name: "dog", data: Float32Array.of(1, 3), type: "FLOAT" },
    { name: "label", data: [0n, 1n], type: "INT64" },
    { name: "valid", data: [true, false], type: "BOOLEAN" },
  ],
});

// Columns as they are read, one chunk for each row group.
const columns = new Map<string, unknown[]>();
await parquetRead({
  file,
  onChunk({ columnName, columnData }) {
    columns.set(columnName, [...(columns.get(columnName) ?? []), ...columnData]);
  },
});

// Each class is a column: the classes are along axis 0.
const logits = ["cat", "dog"].map((name) => columns.get(name)) as number[][];
const labels = columns.get("label") as bigint[];
const valid = columns.get("valid") as boolean[];
console.log(crossEntropy(logits, labels, { axis: 0 })); // 0.18092…
console.log(crossEntropy(logits, labels, { axis: 0, sampleWeight: valid })); // 0.31326…
