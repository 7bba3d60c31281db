import { byteLength, type Dtype, dtypes, isDtype } from "../tensor/dtype.ts";
import type { ByteSource } from "./byte-source.ts";
import { foreignFormat } from "./foreign.ts";
import { FormatError, type FormatErrorCode } from "./format-error.ts";
import { JsonScanner, quote } from "./json-scanner.ts";

/** Where a tensor lies. */
export interface TensorEntry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Absolute offset in the file of the first byte */
  readonly begin: number;
  /** Absolute offset in the file after the last byte */
  readonly end: number;
}

export interface SafetensorsHeader {
  /** In the order of the bytes in the file */
  readonly tensors: readonly TensorEntry[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Absolute offset of the first tensor byte */
  readonly dataBegin: number;
}

/** The format's own cap on the header. A model of 100,000 tensors needs about 12 MB. */
export const maxHeaderBytes = 100_000_000;
const maxRank = 64;

/**
 * Reads and checks the header of a safetensors file: 8 bytes little-endian header length, JSON header, tensor bytes.
 * Reads nothing but the header, allocates nothing before its size is checked, and checks every rule of `formatRules`.
 * @throws FormatError with the code of the broken rule and the tensor at fault
 */
export async function readHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const head = new Uint8Array(Math.min(64, source.size));
  await source.read(0, head);
  const length = headerLength(head, source.size);
  const bytes = new Uint8Array(length);
  await source.read(8, bytes);
  if (bytes[0] !== 0x7b)
    throw refusal("HEADER_START", `The header starts with byte 0x${(bytes[0] ?? 0).toString(16)} instead of "{".`, head);
  const dataBegin = 8 + length;
  const { tensors, metadata } = parseHeader(decodeUtf8(bytes), dataBegin);
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkLayout(tensors, dataBegin, source.size);
  return { tensors, metadata, dataBegin };
}

/** An error that says so when the file is really of another format. */
function refusal(code: FormatErrorCode, message: string, head: Uint8Array): FormatError {
  const foreign = foreignFormat(head);
  if (foreign === null) return new FormatError(code, message);
  return new FormatError("NOT_SAFETENSORS", `This is ${foreign}. Convert it to safetensors where you trust it.`);
}

function headerLength(head: Uint8Array, size: number): number {
  if (size < 8) throw refusal("FILE_TOO_SMALL", `The file has ${size} bytes; even an empty safetensors file has 10.`, head);
  const length = new DataView(head.buffer).getBigUint64(0, true);
  if (length > BigInt(maxHeaderBytes)) {
    throw refusal(
      "HEADER_TOO_LARGE",
      `The file announces a header of ${length} bytes; the format allows ${maxHeaderBytes}.`,
      head,
    );
  }
  if (length > BigInt(size - 8)) {
    throw refusal("HEADER_TRUNCATED", `The file announces a header of ${length} bytes but ends after ${size - 8} of them.`, head);
  }
  if (length < 2n) throw refusal("HEADER_TOO_SMALL", `The file announces a header of ${length} bytes; the shortest is {}.`, head);
  return Number(length);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError("HEADER_NOT_UTF8", "The header is not valid UTF-8.");
  }
}

function parseHeader(text: string, dataBegin: number): { tensors: TensorEntry[]; metadata: Map<string, string> } {
  const scanner = new JsonScanner(text);
  const tensors: TensorEntry[] = [];
  const metadata = new Map<string, string>();
  scanner.object((name) => {
    if (name === "__metadata__") readMetadata(scanner, metadata);
    else tensors.push(readEntry(scanner, name, dataBegin));
  });
  scanner.end();
  return { tensors, metadata };
}

function readMetadata(scanner: JsonScanner, metadata: Map<string, string>): void {
  if (scanner.peek() !== "{") throw new FormatError("METADATA_INVALID", "__metadata__ is not an object.");
  scanner.object((key) => {
    if (scanner.peek() !== '"')
      throw new FormatError("METADATA_INVALID", `The value of ${quote(key)} in __metadata__ is not a string.`);
    metadata.set(key, scanner.string());
  });
}

function readEntry(scanner: JsonScanner, name: string, dataBegin: number): TensorEntry {
  checkName(name);
  if (scanner.peek() !== "{") throw new FormatError("TENSOR_INVALID", `Tensor ${quote(name)} is not an object.`);
  let dtype: Dtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scanner.object((field) => {
    if (field === "dtype") dtype = readDtype(scanner, name);
    else if (field === "shape") shape = readIntegers(scanner, name, "SHAPE_INVALID", "shape");
    else if (field === "data_offsets") offsets = readIntegers(scanner, name, "OFFSETS_INVALID", "data_offsets");
    else scanner.skip();
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    throw new FormatError("TENSOR_INVALID", `Tensor ${quote(name)} lacks dtype, shape or data_offsets.`);
  }
  const [begin, end, ...more] = offsets;
  if (begin === undefined || end === undefined || more.length > 0) {
    throw new FormatError("OFFSETS_INVALID", `data_offsets of tensor ${quote(name)} must be two integers.`);
  }
  if (end < begin)
    throw new FormatError("OFFSETS_REVERSED", `Tensor ${quote(name)} ends at ${end}, before it begins at ${begin}.`);
  checkSpan(name, dtype, shape, end - begin);
  return { name, dtype, shape, begin: dataBegin + begin, end: dataBegin + end };
}

function readDtype(scanner: JsonScanner, name: string): Dtype {
  if (scanner.peek() !== '"') throw new FormatError("TENSOR_INVALID", `dtype of tensor ${quote(name)} is not a string.`);
  const dtype = scanner.string();
  if (isDtype(dtype)) return dtype;
  throw new FormatError(
    "DTYPE_UNKNOWN",
    `Tensor ${quote(name)} has the unknown type ${quote(dtype)}. Known: ${Object.keys(dtypes).join(", ")}.`,
  );
}

function readIntegers(scanner: JsonScanner, name: string, code: FormatErrorCode, field: string): number[] {
  const bad = (what: string) => new FormatError(code, `${field} of tensor ${quote(name)} ${what}.`);
  if (scanner.peek() !== "[") throw bad("is not a list of integers");
  const values: number[] = [];
  scanner.array(() => {
    if (!/[-\d]/.test(scanner.peek())) throw bad("is not a list of integers");
    const numeral = scanner.numeral();
    // 2^53 and more cannot be held exactly; written as 1e3 or 3.0 it is not an integer to other readers.
    if (!/^\d+$/.test(numeral) || !Number.isSafeInteger(Number(numeral)))
      throw bad(`holds ${numeral.slice(0, 40)}, not an integer from 0 to 2^53-1`);
    values.push(Number(numeral));
    if (values.length > maxRank) throw bad(`has more than ${maxRank} entries`);
  });
  return values;
}

function checkSpan(name: string, dtype: Dtype, shape: readonly number[], span: number): void {
  const size = byteLength(dtype, shape);
  // A zero further on does not excuse an overflow before it: readers multiply in order.
  const partial = shape.reduce((product, n) => (Number.isSafeInteger(product) ? product * n : product), dtypes[dtype].sizeBytes);
  if (!Number.isSafeInteger(partial) || !Number.isSafeInteger(size)) {
    throw new FormatError("SHAPE_OVERFLOW", `The size of tensor ${quote(name)}, shape [${shape.join(", ")}], overflows.`);
  }
  if (size !== span) {
    const expected = `${dtype} [${shape.join(", ")}] takes ${size} bytes`;
    throw new FormatError("SPAN_MISMATCH", `Tensor ${quote(name)}: ${expected}, but its data_offsets span ${span}.`);
  }
}

/** Control, format (invisible, direction-changing) and unpaired surrogate characters. */
const unsafeCharacter = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;

function checkName(name: string): void {
  const refuse = (why: string) => new FormatError("NAME_REFUSED", `The tensor name ${quote(name)} is refused: it ${why}.`);
  if (name === "") throw refuse("is empty");
  if (name.length > 1024) throw refuse(`has ${name.length} characters, more than 1024`);
  if (name === "__proto__") throw refuse("is the key by which JavaScript programs change every object");
  if (name.split(/[/\\]/).includes("..") || name.startsWith("/")) throw refuse("reads as a path that leaves its folder");
  if (unsafeCharacter.test(name)) throw refuse("holds control or invisible characters");
}

/** Tensors sorted by offset must tile the data section: first at 0, each where the one before ends, last at the end of the file. */
function checkLayout(tensors: readonly TensorEntry[], dataBegin: number, fileSize: number): void {
  let end = dataBegin;
  let previous = "the header";
  for (const tensor of tensors) {
    const name = quote(tensor.name);
    if (tensor.begin < end)
      throw new FormatError(
        "OVERLAP",
        `Tensor ${name} begins at byte ${tensor.begin}, inside ${previous}, which ends at ${end}.`,
      );
    if (tensor.begin > end)
      throw new FormatError("HOLE", `${tensor.begin - end} bytes before tensor ${name} belong to no tensor.`);
    end = tensor.end;
    if (end > fileSize)
      throw new FormatError(
        "DATA_TRUNCATED",
        `Tensor ${name} ends at byte ${end}, but the file has ${fileSize}: it was cut off.`,
      );
    previous = `tensor ${name}`;
  }
  if (end < fileSize) throw new FormatError("UNUSED_TAIL", `${fileSize - end} bytes after ${previous} belong to no tensor.`);
}
