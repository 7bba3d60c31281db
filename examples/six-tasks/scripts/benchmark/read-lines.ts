import { existsSync, readFileSync } from "node:fs";

/** The lines of a log as values. A line that a kill cut short has no end, and is left out. */
export function readLines<T>(file: string): T[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as T);
}
