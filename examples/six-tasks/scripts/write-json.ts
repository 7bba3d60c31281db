import { writeFileSync } from "node:fs";

const lineWidth = 130;

/** JSON as the repository's formatter leaves it: a short list of plain values stands on one line. */
export function writeJson(path: string, value: unknown): void {
  const text = JSON.stringify(value, null, 2).replace(
    /^( *)(.*)\[\n([^[\]{}]*?)\n *\](,?)$/gm,
    (whole, indent, key, items: string, comma) => {
      const line = `${indent}${key}[${items.trim().replace(/\n\s*/g, " ")}]${comma}`;
      return line.length <= lineWidth ? line : whole;
    },
  );
  writeFileSync(path, `${text}\n`);
}
