import { defineCommand } from "citty";
import { chooseSuite } from "../client/choose-suite.ts";
import { compareVersions } from "../client/evaluation-operations.ts";
import { accepted, execute } from "../client/graphql.ts";
import { splitPurposes } from "../client/operations.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer } from "../client/server.ts";
import { UsageError } from "../failure.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { comparisonJson, renderComparison } from "../terminal/comparison.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";

export const compare = defineCommand({
  meta: { name: "compare", description: "Compare the scores of two versions on the same examples" },
  args: {
    a: { type: "positional", required: true, description: "namespace/name, namespace/name@3 or namespace/name@alias" },
    b: { type: "positional", required: true, description: "The version to compare it with" },
    suite: { type: "string", valueHint: "ns/name", description: "Suite of tasks; may be left out when there is one" },
    purpose: { type: "string", valueHint: "report|search", description: "Which split; default report" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    for (const each of [args.a, args.b]) parseRef(each);
    const purpose = splitPurposes.find((each) => each === (args.purpose ?? "report").toUpperCase());
    if (!purpose) throw new UsageError("--purpose takes report or search.");
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const chosen = await chooseSuite(server, args.suite);
    const variables = { first: args.a, second: args.b, ...chosen, purpose };
    const comparison = accepted((await execute(server, compareVersions, variables)).compareVersions);
    if (args.json === true) printJson(comparisonJson(comparison));
    else print(renderComparison(comparison, styleFor(process.stdout)));
  },
});
