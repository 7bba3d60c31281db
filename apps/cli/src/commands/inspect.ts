import { stat } from "node:fs/promises";
import path from "node:path";
import { elementCount, type TensorReport } from "@amalgam/engine/formats";
import { type Checkpoint, openCheckpoint, openStatistic, type StatisticHeader } from "@amalgam/engine/merge";
import { defineCommand } from "citty";
import { refusal } from "../failure.ts";
import { interruptible } from "../interrupt.ts";
import { digestFolder, measure, summarise } from "../local/inspect-checkpoint.ts";
import { jsonOption } from "../options.ts";
import { formatBytes, formatCount, formatDigest, formatParameters, formatShape, plural, printable } from "../terminal/format.ts";
import { print, printJson } from "../terminal/output.ts";
import { startProgress } from "../terminal/progress.ts";
import { styleFor } from "../terminal/style.ts";
import { renderFacts, renderTable } from "../terminal/table.ts";

const holds = {
  weights: "weights",
  delta: "a task vector",
  tasks: "the vector and masks of several tasks",
  adapter: "the factors of an adapter",
} as const;

interface Reading {
  readonly digest: string | null;
  readonly reports: ReadonlyMap<string, TensorReport>;
}

async function readBytes(checkpoint: Checkpoint, isFolder: boolean): Promise<Reading> {
  const progress = startProgress("Reading");
  const options = (signal: AbortSignal) => ({
    signal,
    onProgress: (done: number, total: number) => progress.update({ done, total }),
  });
  try {
    return await interruptible(async (signal) => ({
      reports: await measure(checkpoint, options(signal)),
      digest: isFolder ? await digestFolder(checkpoint.folder, options(signal)) : null,
    }));
  } finally {
    progress.finish();
  }
}

export const inspect = defineCommand({
  meta: { name: "inspect", description: "Show what a checkpoint folder or safetensors file holds" },
  args: {
    path: { type: "positional", required: true, description: "Folder, or .safetensors file" },
    digest: { type: "boolean", description: "Read every byte: digest of the folder, and digest, norm and range of every tensor" },
    ...jsonOption,
  },
  async run({ args }) {
    const info = await stat(args.path).catch(() => null);
    if (!info) throw refusal("FILE_MISSING", `There is no file or folder ${printable(args.path)}.`, [args.path]);
    const checkpoint = await openCheckpoint(path.resolve(args.path), printable(args.path));
    const summary = summarise(checkpoint);
    const reading: Reading =
      args.digest === true ? await readBytes(checkpoint, info.isDirectory()) : { digest: null, reports: new Map() };
    const tensors = [...checkpoint.tensors.values()].map(({ name, dtype, shape, begin, end }) => {
      const { sha256, norm, min, max, finite } = reading.reports.get(name) ?? {};
      return { name, dtype, shape, sizeBytes: end - begin, ...(sha256 === undefined ? {} : { sha256, norm, min, max, finite }) };
    });
    const statistic = info.isDirectory() ? null : await statisticIn(path.resolve(args.path));
    if (args.json === true)
      return printJson({
        ...summary,
        ...(statistic === null ? {} : { statistic: { key: statistic.key, ...statistic.about } }),
        ...(reading.digest === null ? {} : { digest: reading.digest }),
        tensors,
      });
    const style = styleFor(process.stdout);
    const facts: [string, string][] = [
      ["architecture", printable(summary.architecture ?? "not known")],
      ["holds", statistic === null ? holds[summary.space] : "a statistic of a model"],
      ["parameters", formatParameters(summary.parameterCount)],
      ["size", `${formatBytes(summary.sizeBytes)} in ${plural(summary.files.length, "file")}`],
      [
        "dtypes",
        Object.entries(summary.dtypes)
          .map(([dtype, count]) => `${formatCount(count)} ${dtype}`)
          .join(", "),
      ],
    ];
    if (statistic !== null) facts.push(...factsOf(statistic));
    if (reading.digest !== null) facts.push(["digest", reading.digest]);
    const columns = [
      { title: "Tensor" },
      { title: "Dtype" },
      { title: "Shape", align: "right" as const },
      { title: "Size", align: "right" as const },
    ];
    const measured = [{ title: "Norm", align: "right" as const }, { title: "Range" }, { title: "Digest" }];
    const rows = tensors.map((tensor) => [
      printable(tensor.name, 100),
      tensor.dtype,
      formatShape(tensor.shape),
      formatBytes(tensor.sizeBytes),
      ...(tensor.sha256 === undefined ? [] : describeValues(tensor.name, tensor.shape, reading)),
    ]);
    print(renderFacts(facts, style));
    print(`\n${renderTable(args.digest === true ? [...columns, ...measured] : columns, rows, style)}`);
  },
});

/** What a file says of itself that amalgam statistics wrote; null where it did not. */
const statisticIn = (file: string): Promise<StatisticHeader | null> =>
  openStatistic(file).then(
    ({ header }) => header,
    () => null,
  );

const factsOf = ({ key, about: { kind, estimator, lambda, model, base, examples } }: StatisticHeader): [string, string][] => [
  ["statistic", `${kind}, ${printable(estimator, 40)}, ${plural(examples, "example")}`],
  ["of", `${formatDigest(model)}${base === null ? "" : `, at λ ${lambda} from the base ${formatDigest(base)}`}`],
  ["key", key],
];

function describeValues(name: string, shape: readonly number[], { reports }: Reading): string[] {
  const report = reports.get(name);
  if (!report) return [];
  const range =
    elementCount(shape) === 0
      ? "empty"
      : `${report.min.toPrecision(3)} to ${report.max.toPrecision(3)}${report.finite ? "" : ", and NaN or infinite values"}`;
  return [report.norm.toPrecision(4), range, formatDigest(report.sha256)];
}
