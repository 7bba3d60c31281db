import { describeMethods, type MethodDescription } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { jsonOption } from "../options.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

const parentsOf = ({ minParents, maxParents }: MethodDescription): string => {
  if (maxParents === null) return `${minParents} or more`;
  return maxParents === minParents ? String(minParents) : `${minParents} to ${maxParents}`;
};

function parametersOf({ parametersSchema }: MethodDescription): string {
  const properties = Object.entries((parametersSchema["properties"] ?? {}) as Record<string, { readonly default?: unknown }>);
  return properties
    .map(([name, schema]) => (schema.default === undefined ? name : `${name}=${JSON.stringify(schema.default)}`))
    .join(" ");
}

export const methods = defineCommand({
  meta: { name: "methods", description: "List the merge methods and their parameters" },
  args: { ...jsonOption },
  run({ args }) {
    const known = describeMethods();
    if (args.json === true) return printJson(known);
    const rows = known.map((method) => [
      method.id,
      parentsOf(method),
      method.needsBase ? "yes" : "no",
      parametersOf(method),
      method.summary,
    ]);
    const columns = ["Method", "Parents", "Base", "Parameters", "What it does"].map((title) => ({ title }));
    print(renderTable(columns, rows, styleFor(process.stdout)));
  },
});
