import { parseArgs } from "node:util";
import type { ArgDef, ArgsDef } from "citty";
import { UsageError } from "./failure.ts";
import { printable } from "./terminal/format.ts";

export const jsonOption = {
  json: { type: "boolean", description: "Print the result, or the faults, as JSON on standard output" },
} as const satisfies ArgsDef;

export const serverOptions = {
  server: {
    type: "string",
    valueHint: "url",
    description: "Server to talk to; default AMALGAM_URL, else the local stack of this folder",
  },
  token: { type: "string", valueHint: "token", description: "Access token; default AMALGAM_TOKEN, else the local stack's" },
} as const satisfies ArgsDef;

/** Levenshtein distance, for suggestions; inputs are option names, so the quadratic cost is nothing. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const swap = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, swap));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The known name nearest to a mistyped one, when it is near at all. */
export function closest(name: string, known: readonly string[]): string | null {
  const [best] = known.map((each) => ({ each, off: distance(name.slice(0, 40), each) })).sort((a, b) => a.off - b.off);
  return best && best.off <= Math.ceil(best.each.length / 3) ? best.each : null;
}

const isPositional = (arg: ArgDef): boolean => arg.type === "positional";
const aliasesOf = (arg: ArgDef): readonly string[] => ("alias" in arg && arg.alias ? [arg.alias].flat() : []);

/** citty ignores what it does not know; a mistyped option must not change what a command does. */
export function checkArguments(definitions: ArgsDef, rawArgs: readonly string[]): void {
  const named = Object.entries(definitions).filter(([, arg]) => !isPositional(arg));
  const known = new Map(named.flatMap(([name, arg]) => [name, ...aliasesOf(arg)].map((each) => [each, arg] as const)));
  const options = Object.fromEntries(
    [...known].map(([name, arg]) => [name, { type: arg.type === "boolean" ? "boolean" : "string", multiple: true } as const]),
  );
  const { tokens } = parseArgs({ args: [...rawArgs], options, strict: false, allowPositionals: true, tokens: true });
  let places = 0;
  for (const token of tokens) {
    if (token.kind === "positional") places += 1;
    if (token.kind !== "option") continue;
    const arg = known.get(token.name);
    if (!arg) {
      const near = closest(token.name, [...known.keys()]);
      throw new UsageError(`Unknown option ${printable(token.rawName)}.${near ? ` Did you mean --${near}?` : ""}`);
    }
    if (arg.type === "boolean" && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`);
    if (arg.type !== "boolean" && (token.value === undefined || token.value === ""))
      throw new UsageError(`${token.rawName} needs a value.`);
  }
  const positionals = Object.entries(definitions).filter(([, arg]) => isPositional(arg));
  const required = positionals.filter(([, arg]) => arg.required !== false && arg.default === undefined);
  if (places < required.length) throw new UsageError(`${required[places]?.[0].toUpperCase()} is missing.`);
  // The hint of an argument that may be given any number of times.
  const isOpen = positionals.some(([, arg]) => "valueHint" in arg && arg.valueHint === "…");
  if (places > positionals.length && !isOpen)
    throw new UsageError(`Too many arguments: ${positionals.length} expected, ${places} given.`);
  for (const [name, arg] of named) {
    if (arg.required === true && !tokens.some((token) => token.kind === "option" && token.name === name))
      throw new UsageError(`--${name} is missing.`);
  }
}

/** A whole number within bounds, or a usage error that names the option. */
export function wholeNumber(
  text: string | undefined,
  option: string,
  { min = 0, max = Number.MAX_SAFE_INTEGER } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`;
    throw new UsageError(`${option} takes ${range}, not ${printable(text, 40)}.`);
  }
  return value;
}

/** Numbers separated by commas, or a usage error that names the option. */
export function numbersOf(text: string | undefined, option: string): number[] | undefined {
  if (text === undefined) return undefined;
  return text.split(",").map((each) => {
    const value = each.trim() === "" ? Number.NaN : Number(each);
    if (Number.isFinite(value)) return value;
    throw new UsageError(`${option} takes numbers separated by commas, such as 0,0.5,1; ${printable(each, 40)} is none.`);
  });
}

const byteUnits: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/** 262144, 256KiB, 5GB: decimal units unless written with an i. */
export function byteSize(
  text: string | undefined,
  option: string,
  { min = 1, max = Number.MAX_SAFE_INTEGER } = {},
): number | undefined {
  if (text === undefined) return undefined;
  const [, digits = "", unit = "?"] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = byteUnits[unit.toUpperCase()];
  const value = factor === undefined ? Number.NaN : Math.round(Number(digits) * factor);
  if (!Number.isSafeInteger(value))
    throw new UsageError(`${option} takes a size such as 262144, 512KiB or 5GB, not ${printable(text, 40)}.`);
  if (value < min || value > max)
    throw new UsageError(`${option} takes a size from ${min} to ${max} bytes, not ${printable(text, 40)}.`);
  return value;
}
