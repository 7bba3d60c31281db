import { defineCommand } from "citty";
import { execute } from "../client/graphql.ts";
import { viewer } from "../client/operations.ts";
import { resolveServer } from "../client/server.ts";
import { chooseBackend } from "../local/evaluate-here.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

interface Row {
  readonly name: string;
  readonly chosen: boolean;
  readonly reason: string;
}

export const backends = defineCommand({
  meta: {
    name: "backends",
    description: "Show what computes networks here or on the server, and why the others were passed over",
  },
  args: {
    remote: { type: "boolean", description: "Ask the server what its workers use" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const isRemote = args.remote === true || args.server !== undefined;
    const rows = isRemote ? await ofServer(args) : await ofThisMachine();
    if (args.json === true) return printJson(rows);
    if (rows.length === 0) return print("No worker has started yet.");
    const style = styleFor(process.stdout);
    const cells = rows.map(({ name, chosen, reason }) => [
      chosen ? style.bold(name) : name,
      chosen ? "chosen" : "passed over",
      reason,
    ]);
    print(renderTable([{ title: "backend" }, { title: "" }, { title: "why" }], cells, style));
  },
});

async function ofServer(args: {
  readonly server?: string | undefined;
  readonly token?: string | undefined;
}): Promise<readonly Row[]> {
  const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
  return (await execute(server, viewer, {})).viewer.backends;
}

/** The first that works is taken; those after it are not tried. */
async function ofThisMachine(): Promise<readonly Row[]> {
  const { chosen, considered } = await chooseBackend(undefined);
  const { backendNames } = await import("@amalgam/engine/runtime");
  const tried = considered.map(({ name, reason }) => ({ name, reason, chosen: name === chosen }));
  const untried = backendNames.filter((name) => !considered.some((each) => each.name === name));
  return [...tried, ...untried.map((name) => ({ name, chosen: false, reason: `not needed: ${chosen} comes first and works` }))];
}
