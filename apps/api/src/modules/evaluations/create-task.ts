import { type Example, readExamples } from "@amalgam/engine/scores";
import { z } from "zod";
import type { Deps } from "../../deps.ts";
import type { SplitPurpose, Task } from "../../generated/prisma/client.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { loadReadyVersion, type ReadyVersion } from "../models/load-ready-version.ts";
import { nameOnlySchema, namespaceSchema, sha256Schema, textSchema } from "../names.ts";
import { parseInput, refuse } from "../refuse.ts";
import { isUniqueViolation } from "../runs/retry-run.ts";
import { BadBytesError } from "../uploads/bad-bytes-error.ts";
import { checkFilesArrived } from "../uploads/check-files-arrived.ts";
import { ensureBlob } from "../uploads/ensure-blob.ts";
import { checkHead } from "./check-head.ts";
import { readBlob } from "./read-blob.ts";

const maxSplitBytes = 64n * 1024n * 1024n;

const splitSchema = z.object({
  name: nameOnlySchema,
  purpose: z.enum(["TRAIN", "SEARCH", "REPORT"]),
  file: z.object({
    path: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\.jsonl$/, "A split is a .jsonl file; give its plain name."),
    sha256: sha256Schema,
    sizeBytes: z.bigint().min(1n, "The file is empty.").max(maxSplitBytes, `A split may be ${maxSplitBytes} bytes long at most.`),
  }),
});

const inputSchema = z.object({
  namespace: namespaceSchema,
  name: nameOnlySchema,
  title: textSchema(200).min(1, "The title is empty."),
  labels: z
    .array(textSchema(100).min(1, "A label is empty."))
    .min(2, "A task has at least two labels.")
    .max(1000, "1000 labels at most."),
  splits: z.array(splitSchema).min(1, "A task has at least one split.").max(3, "A task has one split for each purpose at most."),
  expert: z.string().max(300),
});

type Input = z.output<typeof inputSchema>;

interface ReadSplit {
  readonly name: string;
  readonly purpose: SplitPurpose;
  readonly exampleCount: number;
  readonly blobSha256: string;
}

/** Makes a task out of files that were uploaded. A task does not change: its scores depend on every part of it. */
export async function createTask(deps: Deps, actor: Actor, raw: unknown): Promise<{ task: Task; created: boolean }> {
  authorise(actor, "write");
  const input = parseInput(inputSchema, raw);
  checkUnique(input);
  const expert = await loadReadyVersion(deps, input.expert, ["expert"]);
  await checkHead(deps, expert, input.labels.length);
  const earlier = await findTask(deps, input);
  if (earlier) return { task: same(earlier, input, expert), created: false };
  await checkFilesArrived(
    deps,
    actor,
    input.splits.map(({ file }) => file),
  );
  const splits: ReadSplit[] = [];
  for (const [i, split] of input.splits.entries()) splits.push(await readSplit(deps, split, { labels: input.labels, at: i }));
  const { namespace, name, title, labels } = input;
  try {
    const data = { namespace, name, title, labels, metric: "accuracy", expertId: expert.id, splits: { create: splits } };
    return { task: await deps.db.task.create({ data }), created: true };
  } catch (error) {
    const winner = isUniqueViolation(error) ? await findTask(deps, input) : null;
    if (!winner) throw error;
    return { task: same(winner, input, expert), created: false };
  }
}

function checkUnique({ labels, splits }: Input): void {
  const twice = (values: readonly string[]) => values.findIndex((value, i) => values.indexOf(value) < i);
  const label = twice(labels);
  if (label >= 0) refuse("LABEL_TWICE", `The label ${JSON.stringify(labels[label])} is listed twice.`, ["labels", label]);
  const name = twice(splits.map((split) => split.name));
  if (name >= 0) refuse("SPLIT_TWICE", `Two splits have the name ${splits[name]?.name}.`, ["splits", name, "name"]);
  const purpose = twice(splits.map((split) => split.purpose));
  if (purpose >= 0)
    refuse("SPLIT_TWICE", `Two splits have the purpose ${splits[purpose]?.purpose}.`, ["splits", purpose, "purpose"]);
}

function findTask(deps: Deps, { namespace, name }: Input) {
  return deps.db.task.findUnique({ where: { namespace_name: { namespace, name } }, include: { splits: true } });
}

type TaskWithSplits = NonNullable<Awaited<ReturnType<typeof findTask>>>;

function same(task: TaskWithSplits, input: Input, expert: ReadyVersion): Task {
  const describe = (splits: readonly { name: string; purpose: string; sha256: string }[]) =>
    splits
      .map(({ name, purpose, sha256 }) => `${name} ${purpose} ${sha256}`)
      .sort()
      .join();
  const isSame =
    task.labels.join("\n") === input.labels.join("\n") &&
    task.expertId === expert.id &&
    describe(task.splits.map((split) => ({ ...split, sha256: split.blobSha256 }))) ===
      describe(input.splits.map((split) => ({ ...split, sha256: split.file.sha256 })));
  if (!isSame)
    refuse(
      "TASK_EXISTS",
      `The task ${task.namespace}/${task.name} exists with other labels, splits or expert, and its scores depend on them. Choose another name.`,
      ["name"],
    );
  return task;
}

async function readSplit(
  deps: Deps,
  { name, purpose, file }: Input["splits"][number],
  { labels, at }: { labels: readonly string[]; at: number },
): Promise<ReadSplit> {
  const path = ["splits", at, "file"];
  try {
    await ensureBlob(deps, file, {});
  } catch (error) {
    if (error instanceof BadBytesError) refuse(error.code, `${file.path}: ${error.message}`, path);
    throw error;
  }
  const examples = parse(await readBlob(deps, file.sha256), { labels, label: file.path, path });
  return { name, purpose, exampleCount: examples.length, blobSha256: file.sha256 };
}

function parse(
  bytes: Buffer,
  { labels, label, path }: { labels: readonly string[]; label: string; path: (string | number)[] },
): readonly Example[] {
  try {
    const examples = readExamples(bytes, labels);
    if (examples.length > 0) return examples;
  } catch (error) {
    refuse("BAD_EXAMPLES", `${label}: ${(error as Error).message}`, path);
  }
  refuse("BAD_EXAMPLES", `${label} has no examples.`, path);
}
