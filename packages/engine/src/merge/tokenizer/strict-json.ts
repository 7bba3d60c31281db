import { FormatError } from "../../formats/format-error.ts";
import { JsonScanner } from "../../formats/json-scanner.ts";
import { refuse } from "../fault.ts";
import { type Fields, isFields } from "../record.ts";

/** No tokenizer file comes near: the largest in use hold some 35 MB. */
export const maxTokenizerBytes = 200_000_000;

/**
 * Runs a reader over JSON text. A key that appears twice, deep nesting and broken JSON are refused by the name of the file.
 * @param where model and file, for messages
 * @throws RefusedError
 */
export function scanJson<T>(text: string, where: string, read: (scanner: JsonScanner) => T): T {
  const scanner = new JsonScanner(text);
  try {
    const value = read(scanner);
    scanner.end();
    return value;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw refuse("TOKENIZER_INVALID", `${where}: ${error.message.replace(/\b([Tt])he header\b/, "$1he file")}`);
  }
}

/** Far more than settings and added tokens need: a file within the limit could else fill the memory with empty lists. */
const maxValues = 500_000;

/** Reads any value. `__proto__` becomes a key like any other, never a prototype. */
export function readValue(scanner: JsonScanner, budget: { left: number } = { left: maxValues }): unknown {
  budget.left -= 1;
  if (budget.left < 0) throw scanner.error(`there are more than ${maxValues} values`);
  const next = scanner.peek();
  if (next === '"') return scanner.string();
  if (next === "{") {
    const entries: [string, unknown][] = [];
    scanner.object((key) => void entries.push([key, readValue(scanner, budget)]));
    return Object.fromEntries(entries);
  }
  if (next === "[") {
    const items: unknown[] = [];
    scanner.array(() => void items.push(readValue(scanner, budget)));
    return items;
  }
  if (next === "t" || next === "f" || next === "n") {
    scanner.skip();
    return next === "n" ? null : next === "t";
  }
  const value = Number(scanner.numeral());
  if (!Number.isFinite(value)) throw scanner.error("there is a number that is too large");
  return value;
}

/**
 * A small JSON file that must hold an object, such as tokenizer_config.json.
 * @throws RefusedError
 */
export function parseFields(text: string, where: string): Fields {
  const value = scanJson(text, where, (scanner) => readValue(scanner));
  if (isFields(value)) return value;
  throw refuse("TOKENIZER_INVALID", `${where} is not a JSON object.`);
}

/**
 * UTF-8 only: what is replaced in silence would be another token.
 * @throws RefusedError
 */
export function decodeText(data: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    throw refuse("TOKENIZER_INVALID", `${where} is not UTF-8 text; save it again as UTF-8.`);
  }
}
