import { defineCommand } from "citty";
import { chooseSuite } from "../client/choose-suite.ts";
import type { Judgement } from "../client/judgement-operations.ts";
import { askForJudgement, followJudgement, type Judged } from "../client/judgements.ts";
import { parseRef } from "../client/refs.ts";
import { resolveServer, type Server } from "../client/server.ts";
import { Refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { jsonOption, serverOptions } from "../options.ts";
import { printable } from "../terminal/format.ts";
import { judgementJson, renderJudgement } from "../terminal/judgement.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { styleFor } from "../terminal/style.ts";

export const judge = defineCommand({
  meta: { name: "judge", description: "Judge a merge against its parents, their average and tuned task arithmetic" },
  args: {
    version: {
      type: "positional",
      required: true,
      description: "A merge: namespace/name, namespace/name@3 or namespace/name@alias",
    },
    suite: { type: "string", valueHint: "ns/name", description: "Suite of tasks; may be left out when there is one" },
    ...serverOptions,
    ...jsonOption,
  },
  async run({ args }) {
    parseRef(args.version);
    const server = resolveServer(args, { env: process.env, cwd: process.cwd() });
    const { namespace, suite } = await chooseSuite(server, args.suite);
    const judged = { version: args.version, suite: `${namespace}/${suite}` };
    await askForJudgement(server, judged);
    const judgement = await showJudgement(server, judged);
    if (args.json === true) printJson(judgementJson(args.version, judgement));
    else print(renderJudgement(args.version, judgement, styleFor(process.stdout)));
    if (judgement.failure) throw new Refusal([judgement.failure]);
  },
});

/** Shows a judgement until it is over; Ctrl-C leaves it to the server. */
export async function showJudgement(server: Server, judged: Judged): Promise<Judgement> {
  const progress = startProgress(printable(`Judge ${judged.version} on ${judged.suite}`, 60), { unit: "none" });
  try {
    const work = (signal: AbortSignal) =>
      followJudgement(server, judged, {
        signal,
        onChange: ({ trialsDone, trialsExpected, state }) =>
          progress.update({
            done: trialsDone,
            total: Math.max(1, trialsExpected),
            note: state === "RUNNING" ? `${trialsDone} of ${trialsExpected} baselines` : state.toLowerCase(),
          }),
      });
    return await interruptible(work, "No longer watching; the server goes on. amalgam judge shows the verdict.");
  } finally {
    progress.finish();
  }
}
