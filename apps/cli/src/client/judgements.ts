import { setTimeout as sleep } from "node:timers/promises";
import { refusal } from "../failure.ts";
import { accepted, execute, patience } from "./graphql.ts";
import { type Judgement, judgeMerge, judgementsOf } from "./judgement-operations.ts";
import type { Server } from "./server.ts";

const everyMs = 500;
const isOver = ({ state }: Judgement): boolean => state !== "QUEUED" && state !== "RUNNING";

export interface Judged {
  readonly version: string;
  /** namespace/name */
  readonly suite: string;
}

export async function askForJudgement(server: Server, input: Judged): Promise<Judgement> {
  return accepted((await execute(server, judgeMerge, { input }, { attempts: patience })).judgeMerge).judgement;
}

/** Asks for the judgement until it is over. */
export async function followJudgement(
  server: Server,
  { version, suite }: Judged,
  { signal, onChange }: { signal: AbortSignal; onChange(judgement: Judgement): void },
): Promise<Judgement> {
  for (;;) {
    const answer = await execute(server, judgementsOf, { ref: version }, { signal, attempts: patience });
    const judgement = answer.version?.judgements.find(
      (each) => each.suite !== null && `${each.suite.namespace}/${each.suite.name}` === suite,
    );
    if (!judgement) throw refusal("NO_JUDGEMENT", `The judgement of ${version} on ${suite} is gone.`, [version]);
    onChange(judgement);
    if (isOver(judgement)) return judgement;
    await sleep(everyMs, undefined, { signal });
  }
}
