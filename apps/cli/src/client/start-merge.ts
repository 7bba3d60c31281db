import { accepted, execute, patience } from "./graphql.ts";
import { type RequestMergeInput, type Run, requestMerge, type Version } from "./operations.ts";
import { isOver } from "./runs.ts";
import type { Server } from "./server.ts";

export interface StartedMerge {
  readonly run: Run;
  /** Runs that measure what the merge needs; it begins when all of them are done */
  readonly measuring: readonly Pick<Run, "id" | "title">[];
  readonly version: Version | null;
  readonly created: boolean;
}

/** Asks for a merge; its model is made with it. */
export async function startMerge(server: Server, input: RequestMergeInput, signal?: AbortSignal): Promise<StartedMerge> {
  const { run: whole, ...asked } = accepted(
    (await execute(server, requestMerge, { input }, { signal, attempts: patience })).requestMerge,
  );
  const { needs, ...run } = whole;
  const open = needs.flatMap(({ statistic }) => (isOver(statistic.state) ? [] : (statistic.run ?? [])));
  return { ...asked, run, measuring: [...new Map(open.map((each) => [each.id, each])).values()] };
}
