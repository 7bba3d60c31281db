/** Files that break one rule of the format each, built in code. */

const encoder = new TextEncoder();

/** A file from a header text and a number of tensor bytes; the length field tells the truth unless told otherwise. */
export function fileOf(header: string | Uint8Array, dataBytes = 0, announced?: bigint): Uint8Array {
  const text = typeof header === "string" ? encoder.encode(header) : header;
  const file = new Uint8Array(8 + text.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, announced ?? BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

interface Entry {
  readonly dtype?: unknown;
  readonly shape?: unknown;
  readonly data_offsets?: unknown;
}

/** Header text of tensors; each field can be anything. */
export const headerOf = (tensors: Readonly<Record<string, Entry>>): string => JSON.stringify(tensors);

/** A correct entry of `bytes` bytes at an offset. */
export const entry = (begin: number, bytes: number): Entry => ({
  dtype: "U8",
  shape: [bytes],
  data_offsets: [begin, begin + bytes],
});

/** What Python's pickle.dumps gives for a class with a __reduce__ that calls a shell, protocol 4. */
export const pickle = Uint8Array.from([
  ...[0x80, 0x04, 0x95, 0x1d, 0, 0, 0, 0, 0, 0, 0, 0x8c, 0x05],
  ...encoder.encode("posix"),
  ...[0x94, 0x8c, 0x06],
  ...encoder.encode("system"),
  ...[0x94, 0x93, 0x94, 0x8c, 0x02, 0x69, 0x64, 0x94, 0x85, 0x94, 0x52, 0x94, 0x2e],
]);

/** Start of a PyTorch archive. */
export const torchArchive = Uint8Array.from([
  0x50,
  0x4b,
  3,
  4,
  0,
  0,
  8,
  8,
  0,
  0,
  0,
  0,
  0,
  0,
  ...encoder.encode("archive/data.pkl"),
]);
