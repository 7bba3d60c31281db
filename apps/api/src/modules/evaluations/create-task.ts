import { kindFacts } from "@amalgam/engine/scores";
import type { Deps } from "../../deps.ts";
import type { Prisma, Task } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { loadReadyVersion } from "../models/load-ready-version.ts";
import { refuse } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import { checkFilesArrived } from "../uploads/check-files-arrived.ts";
import { checkHead } from "./check-head.ts";
import { findDatasetVersion } from "./find-dataset-version.ts";
import { readSplit } from "./read-split.ts";
import { parseTaskInput, type SplitFile, type TaskInput } from "./task-input.ts";
import { hasHead, kindName } from "./task-kind.ts";

/** All that the scores of a task depend on. */
interface Meaning {
  readonly input: TaskInput;
  readonly expertId: string | null;
  readonly datasetVersionId: string | null;
  readonly files: readonly SplitFile[];
}

/** Makes a task out of files that were uploaded, or of a data set. A task does not change: its scores depend on every part of it. */
export async function createTask(deps: Deps, actor: Actor, raw: unknown): Promise<{ task: Task; created: boolean }> {
  authorise(actor, "write");
  const input = parseTaskInput(raw);
  const kind = kindName(input.kind);
  checkEvaluator(deps, input);
  const meaning = await lookUp(deps, input);
  const earlier = await findTask(deps, input);
  if (earlier) return { task: same(earlier, meaning), created: false };
  if (meaning.datasetVersionId === null) await checkFilesArrived(deps, actor, meaning.files);
  const splits: Prisma.SplitCreateWithoutTaskInput[] = [];
  for (const [i, file] of meaning.files.entries()) {
    const { name = "", purpose = "REPORT" } = input.splits[i] ?? {};
    const read = await readSplit(deps, { kind, file, labels: input.labels, path: ["splits", i, "file"] });
    splits.push({ name, purpose, ...read });
  }
  const { namespace, name, title, labels } = input;
  try {
    const { expertId, datasetVersionId } = meaning;
    const facts = { namespace, name, title, labels, kind: input.kind, metric: kindFacts[kind].metric };
    const data = { ...facts, settings: input.settings as Prisma.InputJsonObject, expertId, datasetVersionId };
    return { task: await createRow(deps, data, splits), created: true };
  } catch (error) {
    const winner = isUniqueViolation(error) ? await findTask(deps, input) : null;
    if (!winner) throw error;
    return { task: same(winner, meaning), created: false };
  }
}

function createRow(
  deps: Deps,
  data: Prisma.TaskUncheckedCreateInput,
  splits: Prisma.SplitCreateWithoutTaskInput[],
): Promise<Task> {
  return deps.db.$transaction(async (tx) => {
    const task = await tx.task.create({ data });
    for (const split of splits) await tx.split.create({ data: { ...split, task: { connect: { id: task.id } } } });
    return task;
  });
}

/** Commands are the server's: a task can only name one of its configuration. */
function checkEvaluator(deps: Deps, { kind, settings }: TaskInput): void {
  if (kind !== "EXTERNAL") return;
  const name = settings["evaluator"];
  if (typeof name === "string" && deps.evaluators.has(name)) return;
  const known = [...deps.evaluators.keys()].join(", ");
  const shown = typeof name === "string" ? JSON.stringify(name) : "without a name";
  refuse(
    "EVALUATOR_UNKNOWN",
    `The server has no evaluator ${shown}; ${known === "" ? "its configuration (EVALUATORS) allows none" : `it has ${known}`}.`,
    ["settings", "evaluator"],
  );
}

async function lookUp(deps: Deps, input: TaskInput): Promise<Meaning> {
  const expert = input.expert ? await loadReadyVersion(deps, input.expert, ["expert"]) : null;
  if (expert && hasHead(kindName(input.kind))) await checkHead(deps, expert, input.labels.length);
  if (!input.dataset) {
    const files = input.splits.flatMap(({ file }) => file ?? []);
    return { input, expertId: expert?.id ?? null, datasetVersionId: null, files };
  }
  const version = await findDatasetVersion(deps, input.dataset, ["dataset"]);
  const files = input.splits.map(({ name }, i) => {
    const found = version.splits.find((split) => split.name === name);
    const names = version.splits.map((split) => split.name).join(", ");
    if (!found)
      refuse("NOT_FOUND", `The data set ${input.dataset} has no split ${name}; it has ${names}.`, ["splits", i, "name"]);
    return { path: found.path, sha256: found.blobSha256, sizeBytes: found.blob.sizeBytes };
  });
  return { input, expertId: expert?.id ?? null, datasetVersionId: version.id, files };
}

function findTask(deps: Deps, { namespace, name }: TaskInput) {
  return deps.db.task.findUnique({ where: { namespace_name: { namespace, name } }, include: { splits: true } });
}

type TaskWithSplits = NonNullable<Awaited<ReturnType<typeof findTask>>>;

/** The task there is, when it means the same. Where the bytes came from does not matter, only what they are. */
function same(task: TaskWithSplits, { input, expertId, files }: Meaning): Task {
  const describe = (splits: readonly { name: string; purpose: string; sha256: string }[]) =>
    splits
      .map(({ name, purpose, sha256 }) => `${name} ${purpose} ${sha256}`)
      .sort()
      .join();
  const isSame =
    task.kind === input.kind &&
    canonical(task.settings) === canonical(input.settings) &&
    task.labels.join("\n") === input.labels.join("\n") &&
    task.expertId === expertId &&
    describe(task.splits.map((split) => ({ ...split, sha256: split.blobSha256 }))) ===
      describe(input.splits.map(({ name, purpose }, i) => ({ name, purpose, sha256: files[i]?.sha256 ?? "" })));
  if (!isSame)
    refuse(
      "TASK_EXISTS",
      `The task ${task.namespace}/${task.name} exists with another kind, other settings, labels, splits or expert, and its scores depend on them. Choose another name.`,
      ["name"],
    );
  return task;
}

/** Settings are one level deep, and PostgreSQL keeps the keys of an object in an order of its own. */
const canonical = (settings: unknown): string =>
  JSON.stringify(Object.entries(settings ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));
