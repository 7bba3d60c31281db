import { readFileSync, statSync } from "node:fs";

/** One object of a split, and how messages name its place. */
export interface JsonLine {
  readonly value: Readonly<Record<string, unknown>>;
  readonly where: string;
}

/** A string of V8 is not longer; a split that is belongs into parts. */
const maxBytes = 500_000_000;

/**
 * The objects of a JSON Lines file, or of its bytes. Lines of white space alone are skipped. Throws an Error that names file and line
 * for what is not UTF-8, not JSON or not an object; `keys` says in it what an object has. A split without examples is an error too.
 */
export function readJsonLines(source: string | Uint8Array, keys: string): JsonLine[] {
  const file = typeof source === "string" ? `${source}: ` : "";
  if (typeof source === "string" && statSync(source).size > maxBytes)
    throw new Error(`${file}the split is larger than ${maxBytes} bytes; divide it.`);
  const lines = decode(typeof source === "string" ? readFileSync(source) : source, file).split("\n");
  const found: JsonLine[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const where = `${file}line ${index + 1}: `;
    found.push({ value: parseObject(line, keys, where), where });
  }
  if (found.length === 0) throw new Error(`${file}the split has no examples.`);
  return found;
}

function decode(bytes: Uint8Array, file: string): string {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Error(`${file}line ${firstBadLine(bytes)} is not UTF-8 text; a split is JSON Lines.`);
  }
}

/** A newline never is part of another character of UTF-8, so lines can be tried one by one. */
function firstBadLine(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let begin = 0;
  for (let line = 1; ; line++) {
    const newline = bytes.indexOf(0x0a, begin);
    try {
      decoder.decode(bytes.subarray(begin, newline < 0 ? bytes.length : newline));
    } catch {
      return line;
    }
    if (newline < 0) return line;
    begin = newline + 1;
  }
}

function parseObject(line: string, keys: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`${where}not JSON.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${where}not an object with ${keys}.`);
  return value as Record<string, unknown>;
}

/** A text that is not empty, under a key of an object. */
export function textAt({ value, where }: JsonLine, key: string): string {
  const text = value[key];
  if (typeof text === "string" && text.trim() !== "") return text;
  throw new Error(`${where}${key} is ${describe(text)}; it should be a text that is not empty.`);
}

/** Shows a value in a message: briefly, whatever it is. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  const shown = JSON.stringify(value);
  return shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
}
