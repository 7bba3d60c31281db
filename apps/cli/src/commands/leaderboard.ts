import { defineCommand } from "citty";
import { leaderboard as leaderboardQuery, suites } from "../client/evaluation-operations.ts";
import { execute } from "../client/graphql.ts";
import { splitPurposes } from "../client/operations.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer, type Server } from "../client/server.ts";
import { refusal, UsageError } from "../failure.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { leaderboardCsv, leaderboardJson, renderLeaderboard } from "../terminal/leaderboard.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";

/** The suite that was named, or the only one there is. */
async function chooseSuite(server: Server, named: string | undefined): Promise<{ namespace: string; suite: string }> {
  if (named !== undefined) {
    const { namespace, name } = parseRef(named, "A suite");
    return { namespace, suite: name };
  }
  const known = (await execute(server, suites, {})).suites.edges.map(({ node }) => node);
  const [only] = known;
  if (!only) throw refusal("NO_SUITE", `${server.url} has no suite yet. npm run demo makes one from the six-tasks example.`);
  if (known.length > 1)
    throw new UsageError(`Several suites: ${known.map((each) => `${each.namespace}/${each.name}`).join(", ")}. Name one.`);
  return { namespace: only.namespace, suite: only.name };
}

export const leaderboard = defineCommand({
  meta: { name: "leaderboard", description: "Show the leaderboard of a suite with 95 % intervals" },
  args: {
    suite: {
      type: "positional",
      required: false,
      description: "namespace/name; may be left out when there is one",
      valueHint: "ns/name",
    },
    purpose: { type: "string", valueHint: "report|search", description: "Which split; default report" },
    csv: { type: "boolean", description: "Print comma-separated values" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    if (args.csv === true && args.json === true) throw new UsageError("--csv and --json exclude each other.");
    const purpose = splitPurposes.find((each) => each === (args.purpose ?? "report").toUpperCase());
    if (!purpose) throw new UsageError("--purpose takes report or search.");
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const chosen = await chooseSuite(server, args.suite);
    const { leaderboard: board } = await execute(server, leaderboardQuery, { ...chosen, purpose });
    if (!board) throw refusal("NO_SUITE", `${server.url} has no suite ${chosen.namespace}/${chosen.suite}.`);
    if (args.json === true) printJson(leaderboardJson(board));
    else if (args.csv === true) print(leaderboardCsv(board));
    else print(renderLeaderboard(board, styleFor(process.stdout), process.stdout.columns));
  },
});
