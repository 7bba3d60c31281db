import type { TuneInput } from "../client/study-operations.ts";
import { UsageError } from "../failure.ts";
import { printable } from "../terminal/format.ts";

/** Every `--tune` of a command line, in order: citty keeps the last of several only. */
export function parseTune(rawArgs: readonly string[]): TuneInput[] {
  const texts = rawArgs.flatMap((arg, i) => {
    if (arg.startsWith("--tune=")) return [arg.slice("--tune=".length)];
    return arg === "--tune" ? [rawArgs[i + 1] ?? ""] : [];
  });
  return texts
    .flatMap((text) => text.split(","))
    .map((text) => text.trim())
    .filter(Boolean)
    .map(parseOne);
}

/** name, name=low:high or name=low:high:log. Which names there are is for the server to say. */
function parseOne(text: string): TuneInput {
  const at = text.indexOf("=");
  if (at < 0) return { name: text };
  const [low = "", high = "", log, ...more] = text.slice(at + 1).split(":");
  const bounds = { low: numberIn(low), high: numberIn(high) };
  if (bounds.low === null || bounds.high === null || more.length > 0 || (log !== undefined && log !== "log"))
    throw new UsageError(`--tune takes name, name=low:high or name=low:high:log, not ${printable(text, 100)}.`);
  return { name: text.slice(0, at), low: bounds.low, high: bounds.high, ...(log === undefined ? {} : { log: true }) };
}

function numberIn(text: string): number | null {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}
