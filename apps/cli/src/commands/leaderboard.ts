import { defineCommand } from "citty";
import { chooseSuite } from "../client/choose-suite.ts";
import { type LeaderboardFilter, type LeaderboardVariables, sortKeys } from "../client/evaluation-operations.ts";
import { fetchLeaderboard } from "../client/fetch-leaderboard.ts";
import { splitPurposes, versionKinds } from "../client/operations.ts";
import { resolveServer } from "../client/server.ts";
import { refusal, UsageError } from "../failure.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { printable } from "../terminal/format.ts";
import { renderLeaderboard } from "../terminal/leaderboard.ts";
import { leaderboardCsv, leaderboardJson } from "../terminal/leaderboard-export.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";

const listOf = (text: string): string[] =>
  text
    .split(",")
    .map((each) => each.trim())
    .filter(Boolean);

interface FilterArgs {
  readonly kind?: string | undefined;
  readonly method?: string | undefined;
  readonly namespace?: string | undefined;
  readonly text?: string | undefined;
}

function filterOf({ kind, method, namespace, text }: FilterArgs): LeaderboardFilter {
  const kinds = kind === undefined ? undefined : listOf(kind).map((each) => each.toUpperCase().replaceAll("-", "_"));
  const unknown = kinds?.find((each) => !versionKinds.some((known) => known === each));
  if (unknown !== undefined)
    throw new UsageError(
      `--kind takes ${versionKinds.join(", ").toLowerCase().replaceAll("_", "-")}, not ${printable(unknown.toLowerCase(), 40)}.`,
    );
  return {
    ...(kinds ? { kinds } : {}),
    ...(method === undefined ? {} : { methods: listOf(method).map((each) => each.replaceAll("-", "_")) }),
    ...(namespace === undefined ? {} : { namespaces: listOf(namespace) }),
    ...(text === undefined ? {} : { text }),
  };
}

/** A column by name; what is none of them is a task, which the server knows. */
function sortOf(text: string, reversed: boolean): NonNullable<LeaderboardVariables["sort"]> {
  const named = text.toUpperCase().replaceAll("-", "_");
  const key = sortKeys.find((each) => each === named && each !== "TASK") ?? (named === "NORMALISED" ? "NORMALISED_MEAN" : null);
  return key ? { by: key, reversed } : { by: "TASK", task: text, reversed };
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
    kind: { type: "string", valueHint: "merged,fine-tuned", description: "Only these kinds; parents and baselines stay beside" },
    method: { type: "string", valueHint: "ties,linear", description: "Only merges by these methods" },
    namespace: { type: "string", valueHint: "ns", description: "Only versions of these namespaces" },
    text: { type: "string", valueHint: "words", description: "Only versions whose ref, kind or method has these words" },
    sort: { type: "string", valueHint: "column", description: "rank, name, kind, method, mean, normalised, worst, or a task" },
    reverse: { type: "boolean", description: "Worst first, or from Z to A" },
    csv: { type: "boolean", description: "Print comma-separated values" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    if (args.csv === true && args.json === true) throw new UsageError("--csv and --json exclude each other.");
    const purpose = splitPurposes.find((each) => each === (args.purpose ?? "report").toUpperCase());
    if (!purpose) throw new UsageError("--purpose takes report or search.");
    const filter = filterOf(args);
    const sort = sortOf(args.sort ?? "rank", args.reverse === true);
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const chosen = await chooseSuite(server, args.suite);
    const board = await fetchLeaderboard(server, { ...chosen, purpose, filter, sort });
    if (!board) throw refusal("NO_SUITE", `${server.url} has no suite ${chosen.namespace}/${chosen.suite}.`);
    if (args.json === true) printJson(leaderboardJson(board));
    else if (args.csv === true) print(leaderboardCsv(board));
    else print(renderLeaderboard(board, styleFor(process.stdout), process.stdout.columns));
  },
});
