import type { Judgement } from "../client/judgement-operations.ts";
import { formatScore, printable } from "./format.ts";
import type { Style } from "./style.ts";

/** What `amalgam judge --json` prints. */
export const judgementJson = (version: string, { suite, state, verdict, failure }: Judgement) => ({
  version,
  suite: suite && `${suite.namespace}/${suite.name}`,
  state,
  verdict,
  failure,
});

/** The verdict in sentences, the average first: it is what a merge must beat. */
export function renderJudgement(version: string, { suite, verdict, failure }: Judgement, style: Style): string {
  const where = printable(suite?.title ?? "a suite that was deleted", 80);
  if (failure) return `${printable(version, 80)} was not judged on ${where}: ${printable(failure.message, 300)}`;
  if (!verdict)
    return `${printable(version, 80)} has no score on every task of ${where}, so there is no verdict. See amalgam runs.`;
  const order = ["AVERAGE", "TASK_ARITHMETIC", "PARENT"];
  const sorted = [...verdict.comparisons].sort((a, b) => order.indexOf(a.baseline) - order.indexOf(b.baseline));
  const head = `${style.bold(printable(version, 80))}  ${formatScore(verdict.mean)} on ${where}, report splits, paired over the same examples`;
  return [head, ...sorted.map(({ sentence }) => `  ${printable(sentence, 300)}`)].join("\n");
}
