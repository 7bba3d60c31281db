const starts: readonly { bytes: readonly number[]; what: string }[] = [
  { bytes: [0x50, 0x4b, 0x03, 0x04], what: "a ZIP archive (PyTorch .bin/.pt files are ZIP archives with a pickle inside)" },
  { bytes: [0x50, 0x4b, 0x05, 0x06], what: "an empty ZIP archive" },
  { bytes: [0x47, 0x47, 0x55, 0x46], what: "a GGUF file" },
  { bytes: [0x89, 0x48, 0x44, 0x46], what: "an HDF5 file" },
  { bytes: [0x1f, 0x8b], what: "a gzip archive" },
  { bytes: [0x37, 0x7a, 0xbc, 0xaf], what: "a 7z archive" },
  { bytes: [0x52, 0x61, 0x72, 0x21], what: "a RAR archive" },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], what: "a Zstandard archive" },
  { bytes: [0xfd, 0x37, 0x7a, 0x58], what: "an XZ archive" },
];

/** Pickle protocols 2 to 5 start with 0x80 and the protocol number. */
const isPickle = (head: Uint8Array): boolean => head[0] === 0x80 && head[1] !== undefined && head[1] >= 2 && head[1] <= 5;

/**
 * Says which other format the first bytes belong to, or null. Looks at magic numbers only and never opens the content.
 * Ask only about a file that already failed as safetensors: a header of 640 bytes starts like a pickle of protocol 2.
 */
export function foreignFormat(head: Uint8Array): string | null {
  if (isPickle(head)) return "a Python pickle, which can run code when it is loaded";
  const text = new TextDecoder("latin1").decode(head.subarray(0, 64));
  if (text.startsWith("version https://git-lfs")) return "a Git LFS pointer, not the file itself (run git lfs pull)";
  if (/^\s*(<!doctype|<html)/i.test(text)) return "an HTML page";
  return starts.find(({ bytes }) => bytes.every((byte, i) => head[i] === byte))?.what ?? null;
}
