import { defineCommand } from "citty";
import { createSuite, suites } from "../client/evaluation-operations.ts";
import { accepted, execute } from "../client/graphql.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer, type Server } from "../client/server.ts";
import { UsageError } from "../failure.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

export const suite = defineCommand({
  meta: { name: "suite", description: "Create a suite of tasks on the server, or list those there are" },
  args: {
    action: { type: "positional", required: true, description: "create or list" },
    name: { type: "positional", required: false, description: "namespace/name of the suite to create" },
    tasks: { type: "string", valueHint: "a,b,…", description: "Tasks in order, of the same namespace or as namespace/name" },
    title: { type: "string", valueHint: "text", description: "For people; default the name" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const server = () => resolveServer(args, { env: process.env, cwd: process.cwd() });
    if (args.action === "list") return list(server(), args.json === true);
    if (args.action !== "create") throw new UsageError(`suite takes create or list, not ${printable(args.action, 40)}.`);
    if (args.name === undefined) throw new UsageError("suite create needs NAME.");
    const { namespace, name } = parseRef(args.name, "A suite");
    const tasks = (args.tasks ?? "")
      .split(",")
      .map((each) => each.trim())
      .filter(Boolean);
    if (tasks.length === 0) throw new UsageError("suite create needs --tasks.");
    const input = { namespace, name, title: args.title ?? name, tasks };
    accepted((await execute(server(), createSuite, { input })).createSuite);
    if (args.json === true) return printJson({ suite: `${namespace}/${name}`, tasks });
    print(`The suite ${namespace}/${name} holds ${tasks.join(", ")}. Next: amalgam evaluate REFS --suite ${namespace}/${name}.`);
  },
});

async function list(server: Server, isJson: boolean): Promise<void> {
  const rows = (await execute(server, suites, {})).suites.edges.map(({ node }) => node);
  if (isJson) return printJson(rows);
  if (rows.length === 0) return print("No suites yet.");
  const cells = rows.map(({ namespace, name, title }) => [`${namespace}/${name}`, printable(title, 60)]);
  print(renderTable([{ title: "suite" }, { title: "title" }], cells, styleFor(process.stdout)));
}
