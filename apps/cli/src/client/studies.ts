import { setTimeout as sleep } from "node:timers/promises";
import { refusal } from "../failure.ts";
import { execute, patience } from "./graphql.ts";
import type { Server } from "./server.ts";
import { type Study, type StudyLine, type StudyState, studyByRef, studyLine } from "./study-operations.ts";

const over = new Set<StudyState>(["SUCCEEDED", "FAILED", "CANCELLED"]);
const everyMs = 500;

export const refOf = ({ namespace, name }: Pick<StudyLine, "namespace" | "name">): string => `${namespace}/${name}`;

const missing = (ref: string) => refusal("NO_STUDY", `The server knows no study ${ref}. See amalgam study list.`, [ref]);

/** Asks for the study until it is over. */
export async function followStudy(
  server: Server,
  ref: string,
  { signal, onChange }: { signal: AbortSignal; onChange(study: StudyLine): void },
): Promise<void> {
  for (;;) {
    const { study } = await execute(server, studyLine, { ref }, { signal, attempts: patience });
    if (!study) throw missing(ref);
    onChange(study);
    if (over.has(study.state)) return;
    await sleep(everyMs, undefined, { signal });
  }
}

export async function readStudy(server: Server, ref: string): Promise<Study> {
  const { study } = await execute(server, studyByRef, { ref });
  if (!study) throw missing(ref);
  return study;
}

export async function readStudyLine(server: Server, ref: string): Promise<StudyLine> {
  const { study } = await execute(server, studyLine, { ref });
  if (!study) throw missing(ref);
  return study;
}
