import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { defaultTileBytes } from "../forecast.ts";
import type { OpenModel } from "../open-model.ts";
import type { Plan } from "../planned.ts";
import { startBackgroundSync } from "./background-sync.ts";
import { buildJob, type Findings } from "./build-job.ts";
import { explainFault } from "./explain-fault.ts";
import type { MergedFile, MergeOptions } from "./merge-options.ts";
import type { OutputLayout } from "./output-layout.ts";
import { runJob } from "./run-job.ts";
import { surveyModel } from "./survey-model.ts";

interface Writing {
  readonly plan: Plan;
  readonly models: readonly OpenModel[];
  readonly layout: OutputLayout;
  readonly folder: string;
  readonly threads: number;
  readonly options: MergeOptions;
}

interface Written {
  readonly files: MergedFile[];
  readonly bytesRead: number;
  readonly findings: Findings;
}

/** Runs the merge into the weight files; they are synced when it returns. Closes every file, however it ends. */
export async function writeWeights({
  plan,
  models,
  layout,
  folder,
  threads,
  options,
}: Writing): Promise<Written> {
  const handles: FileHandle[] = [];
  const openFile = async (path: string, mode: "r" | "wx+") => {
    const handle = await open(path, mode);
    handles.push(handle);
    return { path, handle, fd: handle.fd };
  };
  try {
    const inputs = [];
    for (const path of models.flatMap(({ files }) => files)) inputs.push(await openFile(path, "r"));
    const outputs = [];
    for (const { name, header, sizeBytes } of layout.files) {
      const output = await openFile(join(folder, name), "wx+");
      await output.handle.write(header, 0, header.length, 0);
      await output.handle.truncate(sizeBytes);
      outputs.push(output);
    }
    const plain = (files: readonly { path: string; fd: number }[]) => files.map(({ path, fd }) => ({ path, fd }));
    const parts = { plan, models, inputs: plain(inputs), tileBytes: options.tileBytes ?? defaultTileBytes };
    const run = { threads, signal: options.signal };
    const survey = await surveyModel({ parts, run });
    if (survey.kind === "fault") throw explainFault(survey.fault, plan, models, options.outDir);
    const job = buildJob(parts, layout, plain(outputs), survey.findings);
    const durable = options.durable ?? true;
    const written = outputs.map(({ handle }) => handle);
    const endSync = durable ? startBackgroundSync(written) : async () => {};
    const result = await runJob(job, { ...run, hashesOutputs: true, onProgress: options.onProgress }).finally(endSync);
    if (result.kind === "fault") throw explainFault(result.fault, plan, models, options.outDir);
    if (durable) for (const handle of written) await handle.datasync();
    const files = layout.files.map(({ name, sizeBytes }, i) => ({ path: name, sha256: result.sha256[i] ?? "", sizeBytes }));
    return { files, bytesRead: survey.bytesRead + result.bytesRead, findings: survey.findings };
  } finally {
    for (const handle of handles) await handle.close();
  }
}
