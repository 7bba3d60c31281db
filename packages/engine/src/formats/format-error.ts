/**
 * Every way in which a safetensors file can break the rules, with the reason for the rule.
 * Source: the format's README and its Rust reader; stricter only in NAME_REFUSED.
 */
export const formatRules = {
  NOT_SAFETENSORS: "The bytes are another format, which may run code when loaded or has no tensor header.",
  FILE_TOO_SMALL: "A file starts with an 8-byte header length; without it there is nothing to trust.",
  HEADER_TOO_SMALL: "The shortest header is {}.",
  HEADER_TOO_LARGE: "A reader allocates the header before it can check it, so its size is capped at 100,000,000 bytes.",
  HEADER_TRUNCATED: "The header must lie inside the file.",
  HEADER_NOT_UTF8: "The header is UTF-8; readers that replace bad bytes would see other names.",
  HEADER_START: "The header starts with { at once: a byte-order mark or white space makes two readers disagree.",
  HEADER_NOT_JSON: "The header is one JSON object followed by nothing but spaces.",
  HEADER_NESTING: "No value in a header nests deeply; recursive readers would overflow their stack.",
  DUPLICATE_KEY: "Readers disagree on which duplicate wins, so the same file would be two different models.",
  METADATA_INVALID: "__metadata__ maps strings to strings.",
  TENSOR_INVALID: "A tensor is an object with dtype, shape and data_offsets.",
  NAME_REFUSED: "A tensor name must be safe to print, to log and to use as a key.",
  DTYPE_UNKNOWN: "The size of an unknown type is unknown, so its bytes cannot be checked.",
  SHAPE_INVALID: "A shape is a list of non-negative integers.",
  SHAPE_OVERFLOW: "The size of a tensor must be an exact integer.",
  OFFSETS_INVALID: "data_offsets are two non-negative integers.",
  OFFSETS_REVERSED: "A tensor ends where it begins or later.",
  SPAN_MISMATCH: "The bytes of a tensor are exactly shape × item size.",
  OVERLAP: "No two tensors share bytes: a writer through one would change the other.",
  HOLE: "No bytes lie between tensors: they could hide another payload.",
  DATA_TRUNCATED: "The last tensor ends where the file ends.",
  UNUSED_TAIL: "No bytes lie after the last tensor: they could hide another payload.",
} as const;

export type FormatErrorCode = keyof typeof formatRules;

/** A file that breaks a rule of the format. The message names the tensor or the byte at fault. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly code: FormatErrorCode;
  constructor(code: FormatErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
