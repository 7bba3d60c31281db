import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { defaultTileBytes } from "../forecast.ts";
import type { OpenModel } from "../open-model.ts";
import type { Plan } from "../planned.ts";
import type { OpenStatistic } from "../statistics/open-statistic.ts";
import { BackgroundSync } from "./background-sync.ts";
import { buildJob } from "./build-job.ts";
import { bytesToRead } from "./bytes-to-read.ts";
import type { SmallFile } from "./companion-files.ts";
import { explainFault } from "./explain-fault.ts";
import { type Job, planStages } from "./job.ts";
import type { MergedFile, MergeOptions } from "./merge-options.ts";
import { methodFiles } from "./method-files.ts";
import type { OutputLayout } from "./output-layout.ts";
import type { PartialFolder } from "./partial-folder.ts";
import { prepareModel } from "./prepare-model.ts";
import { ProgressMeter } from "./progress-meter.ts";
import { readMeans } from "./read-means.ts";
import { runJob } from "./run-job.ts";
import { createSharedState, finishedTensors } from "./shared-state.ts";
import { surveyModel } from "./survey-model.ts";
import type { ThreadCrew } from "./thread-crew.ts";

export interface Writing {
  readonly plan: Plan;
  readonly models: readonly OpenModel[];
  readonly statistics: readonly OpenStatistic[];
  readonly layout: OutputLayout;
  readonly folder: Pick<PartialFolder, "path" | "done" | "journal">;
  readonly threads: number;
  readonly crew: ThreadCrew;
  readonly options: MergeOptions;
}

export interface Written {
  readonly files: MergedFile<string | null>[];
  readonly bytesRead: number;
  /** What the method adds to the weights; still to be written */
  readonly small: readonly SmallFile[];
  /** What turned out otherwise than planned, where the values decide */
  readonly plan?: Plan;
  /** Further fields of the manifest */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** Holds whole tensors that are computed before the merge; gone before the folder is complete. */
const scratchName = "prepared.scratch";

/** Runs the merge into the weight files; they are synced when it returns. Closes every file, however it ends. */
export async function writeWeights({
  plan,
  models,
  statistics,
  layout,
  folder,
  threads,
  crew,
  options,
}: Writing): Promise<Written> {
  const { onProgress, signal, durable = true, hash = true } = options;
  const handles: FileHandle[] = [];
  const openFile = async (path: string, mode: "r" | "r+" | "w+" | "wx+") => {
    const handle = await open(path, mode);
    handles.push(handle);
    return { path, handle, fd: handle.fd };
  };
  try {
    const inputs = [];
    const paths = [...models.flatMap(({ files }) => files), ...statistics.map(({ file }) => file)];
    for (const path of paths) inputs.push(await openFile(path, "r"));
    const outputs = [];
    for (const { name, header, sizeBytes } of layout.files) {
      const isThere = folder.done.size > 0;
      const output = await openFile(join(folder.path, name), isThere ? "r+" : "wx+");
      outputs.push(output);
      if (isThere) continue;
      await output.handle.write(header, 0, header.length, 0);
      await output.handle.truncate(sizeBytes);
    }
    const plain = (files: readonly { path: string; fd: number }[]) => files.map(({ path, fd }) => ({ path, fd }));
    const opened = { plan, models, statistics, inputs: plain(inputs), tileBytes: options.tileBytes ?? defaultTileBytes };
    const means = await readMeans(opened, signal);
    const parts = { ...opened, means: means.values };
    const totals = { tensors: plan.tensors.length, bytes: plan.readBytes };
    const meter = onProgress === undefined ? undefined : new ProgressMeter(totals, onProgress);
    meter?.skip(means.bytesRead);
    const run = { threads, crew, signal, meter };
    const survey = await surveyModel({ parts, run });
    if (survey.kind === "fault") throw explainFault(survey.fault, plan, models, options.outDir);
    const scratch = plan.sources.some(({ prepare }) => prepare !== null)
      ? plain([await openFile(join(folder.path, scratchName), "w+")])
      : [];
    const prepared = scratch[0] === undefined ? null : await prepareModel({ parts, run, scratch: scratch[0] });
    if (prepared?.kind === "fault") throw explainFault(prepared.fault, asPrepared(plan), models, options.outDir);
    const merging = { ...parts, inputs: [...parts.inputs, ...scratch], prepared: prepared?.positions };
    const findings = prepared?.findings ?? survey.findings;
    const whole = buildJob(merging, layout, plain(outputs), findings);
    const names = layout.files.flatMap(({ tensors }) => tensors.map(({ name }) => name));
    const job = leaveOut(whole, names, folder.done);
    meter?.skip(bytesToRead(whole) - bytesToRead(job));
    const state = createSharedState(job);
    const finished = () => finishedTensors(job, state).flatMap((tensor) => names[tensor] ?? []);
    const { journal } = folder;
    const sync = durable ? new BackgroundSync({ handles: outputs.map(({ handle }) => handle), journal, finished }) : null;
    try {
      const result = await runJob(job, { ...run, hashesOutputs: hash }, state);
      if (result.kind === "fault") throw explainFault(result.fault, plan, models, options.outDir);
      await sync?.finish();
      const files = layout.files.map(({ name, sizeBytes }, i) => ({ path: name, sha256: result.sha256[i] ?? null, sizeBytes }));
      const bytesRead = means.bytesRead + survey.bytesRead + (prepared?.bytesRead ?? 0) + result.bytesRead;
      return { files, bytesRead, small: methodFiles(plan, findings) };
    } catch (error) {
      await (options.resume === true ? sync?.save() : sync?.stop());
      throw error;
    }
  } finally {
    for (const handle of handles) await handle.close();
    await rm(join(folder.path, scratchName), { force: true });
  }
}

/** The plan with the inputs that the computation before the merge reads, for its faults. */
const asPrepared = (plan: Plan): Plan => ({
  ...plan,
  sources: plan.sources.map((source) => ({ ...source, inputs: source.prepare?.inputs ?? source.inputs })),
});

/** The job without the tensors that are done: they keep their places in the files and have no stages. */
function leaveOut(job: Job, names: readonly string[], done: ReadonlySet<string>): Job {
  if (done.size === 0) return job;
  const tensors = job.tensors.map((tensor, i) => (done.has(names[i] ?? "") ? { ...tensor, elements: 0 } : tensor));
  return { ...job, tensors, ...planStages(tensors, job.specs, job.shape) };
}
