import { isRecord } from "../../lib/record.ts";

const first = ["version", "method", "base", "baseAdapter", "model", "adapter", "layers", "filter", "value", "weight", "density"];
const last = ["parents", "sources", "parameters", "slices", "tokenizer", "chatTemplate", "exclude", "dtype", "seed"];
const rankOf = (key: string) => (first.indexOf(key) + 1 || first.length + 1) + (last.includes(key) ? last.indexOf(key) + 1 : 0);

/** The same data with its keys in the order of the documentation: the store keeps them in one of its own. */
export function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => rankOf(a) - rankOf(b));
  return Object.fromEntries(entries.map(([key, item]) => [key, inOrder(item)]));
}

/** A recipe as YAML. Recipes are plain data: records, lists, numbers, words, yes and no. */
export function toYaml(value: unknown): string {
  return `${block(value, 0)}\n`;
}

function block(value: unknown, depth: number): string {
  const pad = "  ".repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return `${pad}[]`;
    if (value.every(isScalar)) return `${pad}[${value.map(scalar).join(", ")}]`;
    return value
      .map((item) => `${pad}- ${isScalar(item) ? scalar(item) : (flow(item) ?? block(item, depth + 1).trimStart())}`)
      .join("\n");
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
    if (entries.length === 0) return `${pad}{}`;
    return entries.map(([key, item]) => `${pad}${word(key)}:${after(item, depth)}`).join("\n");
  }
  return `${pad}${scalar(value)}`;
}

function after(value: unknown, depth: number): string {
  if (isScalar(value)) return ` ${scalar(value)}`;
  const short =
    Array.isArray(value) && (value.length === 0 || value.every(isScalar))
      ? block(value, 0)
      : isRecord(value)
        ? flow(value)
        : null;
  return short === null ? `\n${block(value, depth + 1)}` : ` ${short}`;
}

/** Small records of scalars stand on one line: {model: a@1, weight: 0.4} */
function flow(value: unknown): string | null {
  if (!isRecord(value)) return null;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
  if (!entries.every(([, item]) => isScalar(item))) return null;
  const text = `{${entries.map(([key, item]) => `${word(key)}: ${scalar(item)}`).join(", ")}}`;
  return text.length <= 96 ? text : null;
}

const isScalar = (value: unknown) => value === null || ["string", "number", "boolean"].includes(typeof value);

/** 1e-8 is written as 1.0e-8, which every reader of YAML takes for a number. */
function scalar(value: unknown): string {
  return typeof value === "string" ? word(value) : String(value).replace(/^(-?\d+)e/, "$1.0e");
}

/** Quoted unless YAML reads it as the same plain word, in a flow record too. */
function word(text: string): string {
  const isPlain = /^[A-Za-z_./][\w./@+-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n|\.inf|\.nan|\.\d.*)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}
