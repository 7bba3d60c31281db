import { methods as known } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { z } from "zod";
import { jsonOption } from "../options.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

type Method = (typeof known)[number];

const parentsOf = ({ arity: { min, max } }: Method): string =>
  max === min ? String(min) : max === null || !Number.isFinite(max) ? `${min} or more` : `${min} to ${max}`;

const parametersOf = (method: Method): string => {
  const { properties = {} } = z.toJSONSchema(method.params, { io: "input" }) as {
    properties?: Record<string, { default?: unknown }>;
  };
  return Object.entries(properties)
    .map(([name, schema]) => (schema.default === undefined ? name : `${name}=${JSON.stringify(schema.default)}`))
    .join(" ");
};

export const methods = defineCommand({
  meta: { name: "methods", description: "List the merge methods with their parameters" },
  args: { ...jsonOption },
  run({ args }) {
    if (args.json === true) {
      const list = known.map(({ id, version, title, summary, source, arity, needsBase, params }) => ({
        id,
        version,
        title,
        summary,
        source,
        arity,
        needsBase,
        parameters: z.toJSONSchema(params, { io: "input" }),
      }));
      return printJson(list);
    }
    const rows = known.map((method) => [
      method.id,
      parentsOf(method),
      method.needsBase ? "yes" : "",
      parametersOf(method),
      method.summary,
    ]);
    const columns = ["Method", "Parents", "Base", "Parameters", ""].map((title) => ({ title }));
    print(renderTable(columns, rows, styleFor(process.stdout)));
  },
});
