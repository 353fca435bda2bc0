/** An operator of an ONNX model that applies one operator after the other to the logits. */
export interface OnnxNode {
  readonly operator: string;
  readonly integers?: Readonly<Record<string, number>>;
  readonly strings?: Readonly<Record<string, string>>;
  /** Whether the targets are its second input. */
  readonly hasTargets?: boolean;
}

const irVersion = 8;
const operatorSet = 17;
const elementType = { float: 1, int64: 7 };
const attributeType = { integer: 2, string: 3 };

/** Returns a model that applies the operators, one after the other, to "x" and returns "y". */
export function onnxModel(nodes: readonly OnnxNode[], rank: number): Uint8Array<ArrayBuffer> {
  const nameOf = (i: number) => (i === nodes.length ? "y" : i === 0 ? "x" : `intermediate${i}`);
  const hasTargets = nodes.some((node) => node.hasTargets);
  const scalar = nodes.at(-1)?.strings?.reduction === "mean";
  const outputRank = scalar ? 0 : hasTargets ? rank - 1 : rank;
  const graph = concat([
    ...nodes.map((node, i) => message(1, nodeOf(node, nameOf(i), nameOf(i + 1)))),
    text(2, "model"),
    message(11, tensorInfo("x", elementType.float, rank)),
    ...(hasTargets ? [message(11, tensorInfo("targets", elementType.int64, rank - 1))] : []),
    message(12, tensorInfo("y", elementType.float, outputRank)),
  ]);
  return concat([
    integer(1, irVersion),
    message(7, graph),
    message(8, concat([text(1, ""), integer(2, operatorSet)])),
  ]);
}

function nodeOf(node: OnnxNode, input: string, output: string): Uint8Array {
  const attributes = [
    ...Object.entries(node.integers ?? {}).map(([name, value]) =>
      concat([text(1, name), integer(3, value), integer(20, attributeType.integer)]),
    ),
    ...Object.entries(node.strings ?? {}).map(([name, value]) =>
      concat([text(1, name), text(4, value), integer(20, attributeType.string)]),
    ),
  ];
  return concat([
    text(1, input),
    ...(node.hasTargets ? [text(1, "targets")] : []),
    text(2, output),
    text(4, node.operator),
    ...attributes.map((attribute) => message(5, attribute)),
  ]);
}

/** Returns the description of a tensor with dynamic axes. */
function tensorInfo(name: string, element: number, rank: number): Uint8Array {
  const sizes = Array.from({ length: rank }, (_, i) => message(1, text(2, `${name}${i}`)));
  const tensor = concat([integer(1, element), message(2, concat(sizes))]);
  return concat([text(1, name), message(2, message(1, tensor))]);
}

// A field of Protocol Buffers is its number and wire type, then a varint, or a length and bytes.

function integer(field: number, value: number): Uint8Array {
  return concat([varint(field * 8), varint(value)]);
}

function message(field: number, content: Uint8Array): Uint8Array {
  return concat([varint(field * 8 + 2), varint(content.length), content]);
}

function text(field: number, content: string): Uint8Array {
  return message(field, new TextEncoder().encode(content));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let remaining = value;
  while (remaining > 127) {
    bytes.push((remaining % 128) + 128);
    remaining = Math.floor(remaining / 128);
  }
  return Uint8Array.of(...bytes, remaining);
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
