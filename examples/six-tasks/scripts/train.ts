import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { selectBackend } from "@amalgam/engine/runtime";
import { settings } from "./settings.ts";
import { baseStage } from "./stages/base.ts";
import { corpusStage } from "./stages/corpus.ts";
import { expertStage } from "./stages/expert.ts";
import { headStage } from "./stages/head.ts";
import { reportStage } from "./stages/report.ts";
import type { Workshop } from "./stages/workshop.ts";

const example = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Data → tokenizer → base → heads → experts → report. Each stage leaves its result in the work folder and is skipped when it
 * is there; the long ones also save themselves every minute. Kill it at any time and run it again.
 */
async function train(): Promise<void> {
  const workshop: Workshop = { example, work: join(example, ".work"), out: join(example, "fixtures"), settings };
  const { chosen } = await selectBackend();
  console.log(`compute backend: ${chosen}`);
  const corpus = await corpusStage(workshop);
  await baseStage(workshop, corpus);
  for (const task of settings.tasks) {
    const head = await headStage(workshop, corpus, task);
    await expertStage(workshop, corpus, task, head);
  }
  await reportStage(workshop);
}

await train();
