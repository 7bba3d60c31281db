import { defineCommand } from "citty";
import { execute } from "../client/graphql.ts";
import { type Run, recentRuns, runStates } from "../client/operations.ts";
import { resolveServer } from "../client/server.ts";
import { UsageError } from "../failure.ts";
import { jsonOption, serverOptions, wholeNumber } from "../options.ts";
import { formatAgo, formatDuration, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";
import { renderTable } from "../terminal/table.ts";

const seconds = (from: string, to: string): string => formatDuration((Date.parse(to) - Date.parse(from)) / 1000);

function duration({ startedAt, finishedAt, progress }: Run): string {
  if (startedAt === null) return "";
  return finishedAt === null ? `${Math.floor(progress * 100)}%` : seconds(startedAt, finishedAt);
}

export const runs = defineCommand({
  meta: { name: "runs", description: "List the newest runs of the server: verifications, merges, evaluations" },
  args: {
    state: { type: "string", valueHint: runStates.join("|").toLowerCase(), description: "Only runs in this state" },
    first: { type: "string", valueHint: "n", description: "How many; default 20" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const state = args.state === undefined ? undefined : runStates.find((each) => each === args.state?.toUpperCase());
    if (args.state !== undefined && !state) throw new UsageError(`--state takes ${runStates.join(", ").toLowerCase()}.`);
    const first = wholeNumber(args.first, "--first", { min: 1, max: 100 }) ?? 20;
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const { edges, totalCount } = (await execute(server, recentRuns, { first, ...(state ? { state } : {}) })).runs;
    const list = edges.map(({ node }) => node);
    if (args.json === true) return printJson(list);
    if (list.length === 0) return print("No runs yet. amalgam push and amalgam request start some.");
    const rows = list.map((run) => [
      run.state.toLowerCase(),
      run.kind.toLowerCase(),
      printable(run.title, 60),
      duration(run),
      formatAgo(new Date(run.createdAt), new Date()),
      printable(run.failure?.message ?? "", 120),
    ]);
    const columns = ["State", "Kind", "Run", "Time", "Started", ""].map((title) => ({ title }));
    print(renderTable(columns, rows, styleFor(process.stdout)));
    if (totalCount > list.length) print(`${totalCount - list.length} older ones; ask for more with --first.`);
  },
});
