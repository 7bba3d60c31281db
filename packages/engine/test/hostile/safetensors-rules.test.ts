import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import {
  type ByteSource,
  bytesSource,
  dtypes,
  FormatError,
  type FormatErrorCode,
  formatRules,
  maxHeaderBytes,
  readHeader,
} from "../../src/formats/index.ts";
import { safetensorsBytes, tensorOf } from "../checkpoints.ts";
import { entry, fileOf, headerOf, pickle, torchArchive } from "./hostile-files.ts";

// Machines that run everything at once are slow.
vi.setConfig({ testTimeout: 60_000 });

const hole = (size: number, head: Uint8Array): ByteSource => ({
  size,
  async read(offset, into) {
    into.fill(0x20);
    if (offset < head.length) into.set(head.subarray(offset, offset + into.length));
  },
});

async function codeOf(source: Uint8Array | ByteSource): Promise<FormatErrorCode | "accepted"> {
  try {
    await readHeader(source instanceof Uint8Array ? bytesSource(source) : source);
    return "accepted";
  } catch (error) {
    // Anything but a FormatError is a bug of the reader, not a finding about the file.
    if (!(error instanceof FormatError)) throw error;
    expect(error.message.length).toBeLessThan(500);
    expect(error.message).toMatch(/^[\x20-\x7e×]+$/);
    return error.code;
  }
}

const announcing = (length: bigint, size = 100): Uint8Array => {
  const file = new Uint8Array(size);
  new DataView(file.buffer).setBigUint64(0, length, true);
  return file;
};
const one = (fields: Readonly<Record<string, unknown>>) =>
  fileOf(headerOf({ w: { dtype: "U8", shape: [4], data_offsets: [0, 4], ...fields } }), 4);
const named = (name: string) => fileOf(`{${JSON.stringify(name)}:${JSON.stringify(entry(0, 4))}}`, 4);
const withShape = (shape: string, bytes: number, dtype = "U8") =>
  fileOf(`{"w":{"dtype":"${dtype}","shape":${shape},"data_offsets":[0,${bytes}]}}`, bytes);
const withOffsets = (offsets: string) => fileOf(`{"w":{"dtype":"U8","shape":[4],"data_offsets":${offsets}}}`, 4);

/** For each rule the files that break it. The name of a rule is the name of its test. */
const broken: Readonly<Record<FormatErrorCode, Readonly<Record<string, Uint8Array | ByteSource>>>> = {
  NOT_SAFETENSORS: {
    "a pickle": pickle,
    "a pickle of 3 bytes": Uint8Array.from([0x80, 2, 0x2e]),
    "a PyTorch archive": torchArchive,
    GGUF: Uint8Array.from([0x47, 0x47, 0x55, 0x46, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
    gzip: Uint8Array.from([0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 5, 6, 7]),
    "a Git LFS pointer": new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"),
    "an HTML page": new TextEncoder().encode("<!DOCTYPE html><title>Not found</title>"),
  },
  FILE_TOO_SMALL: { "an empty file": new Uint8Array(0), "7 bytes": new Uint8Array(7) },
  HEADER_TOO_SMALL: { "length 0": announcing(0n), "length 1": announcing(1n) },
  HEADER_TOO_LARGE: {
    "100,000,001 bytes": hole(200_000_000, announcing(BigInt(maxHeaderBytes) + 1n, 8)),
    "2^63": announcing(2n ** 63n),
    "2^64 - 1": announcing(2n ** 64n - 1n),
  },
  HEADER_TRUNCATED: { "only the length": announcing(2n, 8), "one byte too many": fileOf("{}", 0, 3n) },
  HEADER_NOT_UTF8: {
    "a lone continuation byte": fileOf(Uint8Array.from([0x7b, 0x22, 0x80, 0x22, 0x7d])),
    "an encoded surrogate": fileOf(Uint8Array.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x7d])),
    "an overlong slash": fileOf(Uint8Array.from([0x7b, 0x22, 0xc0, 0xaf, 0x22, 0x7d])),
  },
  HEADER_START: {
    "a byte-order mark": fileOf("\ufeff{}"),
    "leading white space": fileOf(" {}"),
    "an array": fileOf("[]"),
    "a string": fileOf('"{}"'),
  },
  HEADER_NOT_JSON: {
    "a second value": fileOf("{}{}"),
    "trailing zeros": fileOf("{}\0\0"),
    "an open brace": fileOf('{"__metadata__":{}'),
    "a trailing comma": fileOf('{"__metadata__":{},}'),
    "single quotes": fileOf("{'w':1}"),
    "a raw control character": fileOf('{"a\nb":1}'),
    "an unknown escape": fileOf('{"\\x41":1}'),
    "a comment": fileOf("{/**/}"),
  },
  HEADER_NESTING: {
    "100,000 arrays": fileOf(`{"w":{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`),
    "100,000 objects": fileOf(`{"w":{"x":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}}`),
  },
  DUPLICATE_KEY: {
    "a tensor twice": fileOf(`{"w":${JSON.stringify(entry(0, 4))},"w":${JSON.stringify(entry(0, 4))}}`, 4),
    "the same name escaped": fileOf(`{"w":${JSON.stringify(entry(0, 4))},"\\u0077":${JSON.stringify(entry(0, 4))}}`, 4),
    "__metadata__ twice": fileOf('{"__metadata__":{},"__metadata__":{}}'),
    "a metadata key twice": fileOf('{"__metadata__":{"a":"1","a":"2"}}'),
    "dtype twice": fileOf('{"w":{"dtype":"U8","dtype":"I8","shape":[4],"data_offsets":[0,4]}}', 4),
  },
  METADATA_INVALID: {
    "a number": fileOf('{"__metadata__":{"a":1}}'),
    "an object": fileOf('{"__metadata__":{"a":{}}}'),
    "a list": fileOf('{"__metadata__":[]}'),
    null: fileOf('{"__metadata__":null}'),
  },
  TENSOR_INVALID: {
    "a string": fileOf('{"w":"x"}'),
    null: fileOf('{"w":null}'),
    "no dtype": fileOf('{"w":{"shape":[0],"data_offsets":[0,0]}}'),
    "no shape": fileOf('{"w":{"dtype":"U8","data_offsets":[0,0]}}'),
    "no offsets": fileOf('{"w":{"dtype":"U8","shape":[0]}}'),
    "dtype as a number": one({ dtype: 1 }),
  },
  NAME_REFUSED: {
    __proto__: named("__proto__"),
    "../x": named("../x"),
    "a/../../x": named("a/../../x"),
    "..\\x": named("..\\x"),
    "/etc/passwd": named("/etc/passwd"),
    "the empty name": named(""),
    NUL: named("a\0b"),
    "a terminal escape": named("a\u001b[2Jb"),
    "right-to-left override": named("a\u202eb"),
    "a lone surrogate": fileOf(`{"\\ud800":${JSON.stringify(entry(0, 4))}}`, 4),
    "1 MB": named("x".repeat(1_000_000)),
  },
  DTYPE_UNKNOWN: {
    "lower case": one({ dtype: "f32" }),
    "sub-byte": one({ dtype: "F4" }),
    __proto__: one({ dtype: "__proto__" }),
    toString: one({ dtype: "toString" }),
  },
  SHAPE_INVALID: {
    "a negative size": withShape("[-4]", 4),
    "a fraction": withShape("[4.5]", 4),
    "a whole number written as a fraction": withShape("[4.0]", 4),
    "an exponent": withShape("[4e0]", 4),
    "a string": withShape('["4"]', 4),
    null: withShape("[null]", 4),
    "a number": withShape("4", 4),
    "a nested list": withShape("[[4]]", 4),
    "2^53": withShape("[9007199254740992]", 4),
    "1,000 dimensions": withShape(`[${Array(1000).fill(1).join()}]`, 1),
  },
  SHAPE_OVERFLOW: {
    "[2^32, 2^32]": withShape("[4294967296,4294967296]", 4),
    "a product that wraps to 4": withShape("[4611686018427387,4,1000000]", 4),
    "bytes of F64 past 2^53": withShape("[4503599627370496]", 4, "F64"),
    "an overflow hidden by a zero": withShape("[4294967296,4294967296,0]", 0),
  },
  OFFSETS_INVALID: {
    negative: withOffsets("[-4,0]"),
    "a fraction": withOffsets("[0,4.5]"),
    "a string": withOffsets('["0","4"]'),
    one: withOffsets("[0]"),
    three: withOffsets("[0,4,8]"),
    "2^53": withOffsets("[0,9007199254740992]"),
    "an object": withOffsets('{"0":0,"1":4}'),
  },
  OFFSETS_REVERSED: { "4 to 0": withOffsets("[4,0]") },
  SPAN_MISMATCH: {
    "too long": withShape("[3]", 4),
    "too short": withShape("[5]", 4),
    "another item size": withShape("[4]", 4, "F32"),
  },
  OVERLAP: {
    "one byte": fileOf(headerOf({ a: entry(0, 4), b: entry(3, 4) }), 7),
    "the same bytes": fileOf(headerOf({ a: entry(0, 4), b: entry(0, 4) }), 4),
    "one inside another": fileOf(headerOf({ a: entry(0, 8), b: entry(2, 2) }), 8),
  },
  HOLE: {
    "at the start": fileOf(headerOf({ a: entry(1, 3) }), 4),
    "in the middle": fileOf(headerOf({ a: entry(0, 2), b: entry(3, 1) }), 4),
  },
  DATA_TRUNCATED: {
    "in the middle of a tensor": fileOf(headerOf({ a: entry(0, 4) }), 3),
    "without any data": fileOf(headerOf({ a: entry(0, 4) })),
  },
  UNUSED_TAIL: { "one byte": fileOf(headerOf({ a: entry(0, 4) }), 5), "data without tensors": fileOf("{}", 1) },
};

describe.each(Object.entries(broken))("%s", (code, files) => {
  it.each(Object.entries(files))("%s", async (_, file) => {
    expect(await codeOf(file)).toBe(code);
  });
});

describe("a header that keeps the rules", () => {
  it.each([
    ["has no tensors", fileOf("{}")],
    ["is padded with spaces", fileOf(`{}${" ".repeat(100)}`)],
    ["is as long as the first bytes of a pickle (640)", fileOf(`{}${" ".repeat(638)}`)],
    ["holds a scalar", fileOf(headerOf({ s: { dtype: "F32", shape: [], data_offsets: [0, 4] } }), 4)],
    [
      "holds tensors without elements, even two at the same place",
      fileOf(
        headerOf({
          a: { dtype: "F32", shape: [0, 7], data_offsets: [0, 0] },
          b: { dtype: "U8", shape: [0], data_offsets: [0, 0] },
        }),
      ),
    ],
    ["lists tensors in another order than their bytes", fileOf(headerOf({ b: entry(4, 4), a: entry(0, 4) }), 8)],
    ["has fields that it does not need to know", one({ comment: [{ nested: true }, null, -1.5e3] })],
    ["uses constructor and toString as names", fileOf(headerOf({ constructor: entry(0, 4), toString: entry(4, 4) }), 8)],
    ["uses names from TensorFlow", named("encoder/layer_0/kernel:0")],
  ])("is accepted when it %s", async (_, file) => {
    expect(await codeOf(file)).toBe("accepted");
  });

  it("may have 99 MB and 200,000 tensors", async () => {
    const names = Array.from({ length: 200_000 }, (_, i) => `"tensor.${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`);
    const text = `{${names.join()}}`;
    const file = fileOf(text + " ".repeat(99_000_000 - text.length));
    expect((await readHeader(bytesSource(file))).tensors).toHaveLength(200_000);
  });

  it("leaves prototypes alone", async () => {
    const text = '{"__metadata__":{"__proto__":"polluted","constructor":"x"}}';
    const { metadata } = await readHeader(bytesSource(fileOf(text)));
    expect(metadata.get("__proto__")).toBe("polluted");
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("polluted");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("any file", () => {
  it("is accepted or refused with a code, never with another error", async () => {
    const valid = await safetensorsBytes(
      [tensorOf({ name: "a.weight", dtype: "F32", shape: [2, 3] }, 1), tensorOf({ name: "b", dtype: "BF16", shape: [4] }, 2)],
      new Map([["format", "pt"]]),
    );
    const edit = fc.record({ at: fc.nat({ max: valid.length - 1 }), value: fc.nat({ max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 4 }), fc.nat({ max: valid.length }), async (edits, keep) => {
        const file = valid.slice(0, keep % 3 === 0 ? keep : valid.length);
        for (const { at, value } of edits) if (at < file.length) file[at] = value;
        expect([...Object.keys(formatRules), "accepted"]).toContain(await codeOf(file));
      }),
      { numRuns: 3000 },
    );
  });

  it("with any JSON as its header is accepted or refused with a code", async () => {
    const offset = fc.oneof(fc.integer({ min: -2, max: 20 }), fc.double(), fc.constant(2 ** 53));
    const tensor = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom(...Object.keys(dtypes)), fc.string()),
        shape: fc.array(offset, { maxLength: 3 }),
        data_offsets: fc.array(offset, { maxLength: 3 }),
      },
      { requiredKeys: [] },
    );
    const header = fc.oneof(fc.dictionary(fc.string(), fc.oneof(tensor, fc.jsonValue())), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(header, fc.nat({ max: 20 }), async (value, data) => {
        const file = fileOf(JSON.stringify(value), data);
        const code = await codeOf(file);
        if (code === "accepted") await expectTiled(file);
      }),
      { numRuns: 2000 },
    );
  });
});

/** What acceptance promises: the tensors tile the data section. */
async function expectTiled(file: Uint8Array): Promise<void> {
  const { tensors, dataBegin } = await readHeader(bytesSource(file));
  const ends = [dataBegin, ...tensors.map(({ end }) => end)];
  tensors.forEach(({ begin }, i) => {
    expect(begin).toBe(ends[i]);
  });
  expect(ends.at(-1)).toBe(file.length);
}
