import { accepted, execute, patience } from "./graphql.ts";
import { type RequestMergeInput, type Run, requestMerge, type Version } from "./operations.ts";
import type { Server } from "./server.ts";

export interface StartedMerge {
  readonly run: Run;
  readonly version: Version | null;
  readonly created: boolean;
}

/** Asks for a merge; its model is made with it. */
export async function startMerge(server: Server, input: RequestMergeInput, signal?: AbortSignal): Promise<StartedMerge> {
  return accepted((await execute(server, requestMerge, { input }, { signal, attempts: patience })).requestMerge);
}
