import { refusal, UsageError } from "../failure.ts";
import { suites } from "./evaluation-operations.ts";
import { execute } from "./graphql.ts";
import { parseRef } from "./refs.ts";
import type { Server } from "./server.ts";

/** The suite that was named, or the only one there is. */
export async function chooseSuite(server: Server, named: string | undefined): Promise<{ namespace: string; suite: string }> {
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
