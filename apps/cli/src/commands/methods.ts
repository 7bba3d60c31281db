import { describeMethods } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { refusal } from "../failure.ts";
import { closest, jsonOption } from "../options.ts";
import { printable } from "../terminal/format.ts";
import { renderMethod, renderMethods } from "../terminal/methods.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { columnsOf } from "../terminal/wrap.ts";

export const methods = defineCommand({
  meta: { name: "methods", description: "List the merge methods, or show one with its parameters, bounds and laws" },
  args: {
    method: { type: "positional", required: false, description: "Method to show in detail" },
    ...jsonOption,
  },
  run({ args }) {
    const known = describeMethods();
    const [style, columns] = [styleFor(process.stdout), columnsOf(process.stdout)];
    if (args.method === undefined) return args.json === true ? printJson(known) : print(renderMethods(known, style, columns));
    const ids = known.map(({ id }) => id);
    const method = known.find(({ id }) => id === args.method);
    if (method === undefined) {
      const near = closest(args.method, ids);
      const advice = near === null ? `There are: ${ids.join(", ")}.` : `Did you mean ${near}?`;
      throw refusal("METHOD_UNKNOWN", `There is no merge method ${printable(args.method, 100)}. ${advice}`, [args.method]);
    }
    return args.json === true ? printJson(method) : print(renderMethod(method, { style, columns }));
  },
});
