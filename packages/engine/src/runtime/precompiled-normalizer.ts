const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
const utf8 = new TextEncoder();

/** Characters that are segmented at a time: the time that Intl.Segmenter takes grows with the square of a text's length. */
const WINDOW = 256;

/** Only graphemes shorter than this many bytes are looked up as a whole. */
const WHOLE_GRAPHEME_BYTES = 6;

/**
 * SentencePiece's normaliser (Kudo and Richardson 2018): a table of replacements, "precompiled" to a double-array trie over UTF-8 bytes (four
 * bytes of its size, little-endian units of 32 bits, then the replacements, each ended by a zero byte). Follows the original tokenizers where they
 * have a will of their own: a short grapheme is replaced as a whole by what its shortest known beginning is replaced by.
 */
export function precompiledNormalizer(charsmap: string): (text: string) => string {
  const bytes = new Uint8Array(Buffer.from(charsmap, "base64"));
  const view = new DataView(bytes.buffer);
  const trieBytes = bytes.length < 4 ? -1 : view.getUint32(0, true);
  if (trieBytes < 4 || trieBytes % 4 !== 0 || trieBytes > bytes.length - 4) {
    throw new Error("its normalizer has a precompiled_charsmap that is not one");
  }
  const units = Uint32Array.from({ length: trieBytes / 4 }, (_, index) => view.getUint32(4 + index * 4, true));
  const replacements = bytes.subarray(4 + trieBytes);
  const known = new Map<string, string | null>();

  const replacementOf = (part: string): string | null => {
    const cached = known.get(part);
    if (cached !== undefined) return cached;
    const at = shortestPrefix(units, utf8.encode(part));
    const found = at === null ? null : readText(replacements, at);
    if (known.size < 10_000) known.set(part, found);
    return found;
  };

  return (text) => {
    let result = "";
    for (const segment of graphemesOf(text)) {
      const whole = utf8.encode(segment).length < WHOLE_GRAPHEME_BYTES ? replacementOf(segment) : null;
      if (whole !== null) result += whole;
      else for (const character of segment) result += replacementOf(character) ?? character;
    }
    return result;
  };
}

const isPrintableAscii = (code: number) => code >= 0x20 && code < 0x7f;

function* graphemesOf(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    // Between two of these there is always a boundary.
    if (isPrintableAscii(text.charCodeAt(at)) && (at + 1 === text.length || isPrintableAscii(text.charCodeAt(at + 1)))) {
      yield text.charAt(at);
      at += 1;
      continue;
    }
    const parts = Array.from(graphemes.segment(text.slice(at, at + WINDOW)), ({ segment }) => segment);
    // The last one may go on beyond the window.
    if (parts.length > 1 && at + WINDOW < text.length) parts.pop();
    for (const part of parts) {
      yield part;
      at += part.length;
    }
  }
}

/**
 * The value of the shortest key that begins `bytes`, or null. A unit holds a label in its low byte (compared with the sign bit, which marks values), the
 * flag of a value below it in bit 8, and in the bits above the distance to its children, in steps of 256 where bit 9 is set.
 */
function shortestPrefix(units: Uint32Array, bytes: Uint8Array): number | null {
  const childrenOf = (unit: number) => ((unit >>> 10) << ((unit & 0x200) >>> 6)) >>> 0;
  let position = childrenOf(units[0] ?? 0);
  for (const byte of bytes) {
    position = (position ^ byte) >>> 0;
    const unit = units[position];
    if (byte === 0 || unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return null;
    position = (position ^ childrenOf(unit)) >>> 0;
    if (unit & 0x100) return (units[position] ?? 0) & 0x7fffffff;
  }
  return null;
}

function readText(bytes: Uint8Array, begin: number): string {
  const end = bytes.indexOf(0, begin);
  return Buffer.from(bytes.subarray(begin, end < 0 ? bytes.length : end)).toString("utf8");
}
