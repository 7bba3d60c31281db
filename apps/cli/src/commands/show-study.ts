import type { Server } from "../client/server.ts";
import { followStudy, readStudy, refOf } from "../client/studies.ts";
import type { StudyLine } from "../client/study-operations.ts";
import { Refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { formatScore, formatTimeLeft } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { renderStudy } from "../terminal/study.ts";
import { styleFor } from "../terminal/style.ts";

/** Shows a study until it is over, then what came of it. Ctrl-C leaves it running: it belongs to the server. */
export async function followToEnd(server: Server, ref: string, isJson: boolean): Promise<void> {
  const progress = startProgress(`Study ${ref}`, { unit: "none" });
  try {
    await interruptible(
      (signal) =>
        followStudy(server, ref, {
          signal,
          onChange: (study) => progress.update({ done: study.trialCount, total: study.budget, rate: 0, note: noteOf(study) }),
        }),
      `The study goes on. Look at it with amalgam study show ${ref}, stop it with amalgam study stop ${ref}; what was found is kept, and amalgam study resume ${ref} goes on.`,
    );
  } finally {
    progress.finish();
  }
  await printStudy(server, ref, isJson);
}

function noteOf({ trialCount, budget, best, secondsLeft, isStopping, state, needs }: StudyLine): string {
  const measured = needs.filter(({ statistic }) => statistic.state === "SUCCEEDED").length;
  if (measured < needs.length && !isStopping) return `measuring statistics, ${measured} of ${needs.length}`;
  const facts = [`trial ${trialCount} of ${budget}`];
  if (best?.value != null) facts.push(`best ${formatScore(best.value)} (trial ${best.index})`);
  if (state === "QUEUED") facts.push("waiting for a worker");
  else if (isStopping) facts.push("stopping; the best is kept");
  else if (secondsLeft !== null && secondsLeft > 0) facts.push(formatTimeLeft(secondsLeft));
  else if (trialCount > 0) facts.push("merging and scoring the best");
  return facts.join("  ");
}

export async function printStudy(server: Server, ref: string, isJson: boolean): Promise<void> {
  const study = await readStudy(server, ref);
  if (isJson) printJson(study);
  else print(renderStudy(study, styleFor(process.stdout)));
  if (study.failure) throw new Refusal([{ ...study.failure, message: `${refOf(study)}: ${study.failure.message}` }]);
}
