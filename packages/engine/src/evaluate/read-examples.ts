import { readFileSync } from "node:fs";

/** One text of a classification task; `label` is the index of its class. */
export interface Example {
  readonly text: string;
  readonly label: number;
}

/**
 * Reads a split: JSON Lines of `{"text": …, "label": …}`, from a file or from its bytes. Lines of white space alone are skipped and
 * other keys ignored. Throws an Error that names the line and what is wrong with it; a split without examples is an error too.
 */
export function readExamples(source: string | Uint8Array, labels: readonly string[]): Example[] {
  const where = typeof source === "string" ? `${source}: ` : "";
  const lines = decode(typeof source === "string" ? readFileSync(source) : source, where).split("\n");
  const examples = lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    return [parseExample(line, labels, `${where}line ${index + 1}: `)];
  });
  if (examples.length === 0) throw new Error(`${where}the split has no examples.`);
  return examples;
}

function decode(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${where}the file is not UTF-8 text; a split is JSON Lines.`);
  }
}

function parseExample(line: string, labels: readonly string[], where: string): Example {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error(`${where}not JSON.`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error(`${where}not an object with text and label.`);
  const text: unknown = "text" in value ? value.text : undefined;
  const label: unknown = "label" in value ? value.label : undefined;
  if (typeof text !== "string" || text.trim() === "")
    throw new Error(`${where}text is ${describe(text)}; it should be a text that is not empty.`);
  if (typeof label !== "number" || !Number.isInteger(label) || label < 0 || label >= labels.length) {
    throw new Error(`${where}label is ${describe(label)}; the task has the labels 0 to ${labels.length - 1}.`);
  }
  return { text, label };
}

function describe(value: unknown): string {
  if (value === undefined) return "missing";
  const shown = JSON.stringify(value);
  return shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
}
