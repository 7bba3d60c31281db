/**
 * A writer for the part of ONNX this backend needs: one graph of nodes, with inputs and outputs that carry an element type but no
 * shape, so that one compiled session serves tensors of every size and rank.
 * Field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (protobuf wire format).
 */

/** Element types, as ONNX numbers them. */
export const FLOAT = 1;
export const INT64 = 7;

const IR_VERSION = 8;
const ONNX_OPSET = 17;
const MICROSOFT_OPSET = 1;
const MICROSOFT = "com.microsoft";

/** Operators outside the ONNX standard that ONNX Runtime's CPU provider carries. */
const CONTRIBUTED = new Set(["FusedMatMul", "Gelu", "BiasGelu", "FusedGemm", "FastGelu", "QuickGelu", "RotaryEmbedding"]);

type Attribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

export interface OnnxConstant {
  readonly name: string;
  /** A number makes a FLOAT scalar; an array of integers an INT64 vector (axes, shapes); weights a FLOAT tensor. */
  readonly value: number | readonly number[] | OnnxWeights;
}

interface OnnxWeights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Names; the element type is FLOAT unless given. */
  readonly inputs: readonly (string | readonly [name: string, elementType: number])[];
  readonly outputs: readonly string[];
  readonly constants?: readonly OnnxConstant[];
}

/** Serialises a graph as an ONNX ModelProto. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  // ONNX Runtime warns on stderr about a constant that nothing uses.
  const used = new Set([...graph.nodes.flatMap(({ inputs }) => inputs), ...graph.outputs]);
  const constants = (graph.constants ?? []).filter(({ name }) => used.has(name));
  const body = concat([
    ...graph.nodes.map((node) => field(1, encodeNode(node))),
    text(2, "graph"),
    ...constants.map((constant) => field(5, encodeConstant(constant))),
    ...graph.inputs.map((input) => field(11, typeof input === "string" ? valueInfo(input, FLOAT) : valueInfo(...input))),
    ...graph.outputs.map((output) => field(12, valueInfo(output, FLOAT))),
  ]);
  return concat([
    integer(1, IR_VERSION),
    field(7, body),
    field(8, concat([text(1, ""), integer(2, ONNX_OPSET)])),
    field(8, concat([text(1, MICROSOFT), integer(2, MICROSOFT_OPSET)])),
  ]);
}

function encodeNode(node: OnnxNode): Uint8Array {
  return concat([
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(4, node.op),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => field(5, encodeAttribute(name, value))),
    ...(CONTRIBUTED.has(node.op) ? [text(7, MICROSOFT)] : []),
  ]);
}

function encodeAttribute(name: string, value: Attribute): Uint8Array {
  const label = text(1, name);
  if (typeof value === "number") return concat([label, integer(3, value), integer(20, 2)]);
  if (typeof value === "string") return concat([label, text(4, value), integer(20, 3)]);
  if ("float" in value) return concat([label, float(2, value.float), integer(20, 1)]);
  return concat([label, ...value.map((item) => integer(8, item)), integer(20, 7)]);
}

function encodeConstant({ name, value }: OnnxConstant): Uint8Array {
  if (typeof value === "number") return concat([integer(2, FLOAT), float(4, value), text(8, name)]);
  if ("shape" in value) return encodeWeights(name, value);
  return concat([integer(1, value.length), integer(2, INT64), ...value.map((item) => integer(7, item)), text(8, name)]);
}

function encodeWeights(name: string, { shape, values }: OnnxWeights): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return concat([...shape.map((side) => integer(1, side)), integer(2, FLOAT), text(8, name), field(9, bytes)]);
}

function valueInfo(name: string, elementType: number): Uint8Array {
  return concat([text(1, name), field(2, field(1, integer(1, elementType)))]);
}

// Protobuf wire format: key = field number << 3 | wire type (0 varint, 2 length-delimited, 5 four bytes).

function integer(number: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(number << 3), ...varint(value)]);
}

function float(number: number, value: number): Uint8Array {
  return concat([varint((number << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);
}

function text(number: number, value: string): Uint8Array {
  return field(number, new TextEncoder().encode(value));
}

function field(number: number, body: Uint8Array): Uint8Array {
  return concat([varint((number << 3) | 2), varint(body.length), body]);
}

/** Negative integers are written as 64-bit two's complement, as protobuf's int64 asks. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 128 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
