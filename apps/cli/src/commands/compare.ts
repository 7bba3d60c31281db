import { defineCommand } from "citty";
import { chooseSuite } from "../client/choose-suite.ts";
import { compareGroup, compareVersions } from "../client/evaluation-operations.ts";
import { accepted, execute } from "../client/graphql.ts";
import { splitPurposes } from "../client/operations.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer } from "../client/server.ts";
import { UsageError } from "../failure.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { comparisonJson, renderComparison } from "../terminal/comparison.ts";
import { groupJson, renderGroup } from "../terminal/group-comparison.ts";
import { print, printJson } from "../terminal/output.ts";
import { styleFor } from "../terminal/style.ts";

const mostVersions = 6;

export const compare = defineCommand({
  meta: { name: "compare", description: "Compare the scores of two to six versions on the same examples" },
  args: {
    a: { type: "positional", required: true, description: "namespace/name, namespace/name@3 or namespace/name@alias" },
    b: {
      type: "positional",
      required: true,
      valueHint: "…",
      description: "The version to compare it with; up to four more may follow, each compared with the first",
    },
    suite: { type: "string", valueHint: "ns/name", description: "Suite of tasks; may be left out when there is one" },
    purpose: { type: "string", valueHint: "report|search", description: "Which split; default report" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    const refs = args._;
    for (const each of refs) parseRef(each);
    if (refs.length > mostVersions) throw new UsageError(`compare takes 2 to ${mostVersions} versions, not ${refs.length}.`);
    const purpose = splitPurposes.find((each) => each === (args.purpose ?? "report").toUpperCase());
    if (!purpose) throw new UsageError("--purpose takes report or search.");
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const chosen = await chooseSuite(server, args.suite);
    if (refs.length > 2) {
      const group = accepted((await execute(server, compareGroup, { versions: refs, ...chosen, purpose })).compareGroup);
      if (args.json === true) printJson(groupJson(group));
      else print(renderGroup(group, styleFor(process.stdout)));
      return;
    }
    const variables = { first: args.a, second: args.b, ...chosen, purpose };
    const comparison = accepted((await execute(server, compareVersions, variables)).compareVersions);
    if (args.json === true) printJson(comparisonJson(comparison));
    else print(renderComparison(comparison, styleFor(process.stdout)));
  },
});
