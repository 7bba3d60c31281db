import { type FileSource, fileSource } from "../../formats/file-source.ts";
import { FormatError } from "../../formats/format-error.ts";
import { readHeader, type TensorEntry } from "../../formats/safetensors-header.ts";
import { parseAbout } from "../../statistics/artefact/parse-about.ts";
import { statisticKey } from "../../statistics/artefact/statistic-about.ts";
import { RefusedError, refuse } from "../fault.ts";
import { listed, type PerModel, type StatisticHeader } from "./statistic-header.ts";

/** An opened statistic: its header read and checked, no tensor bytes touched, no file left open. */
export interface OpenStatistic {
  readonly file: string;
  readonly header: StatisticHeader;
  /** By name */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

/**
 * Opens the file of a statistic.
 * @param label name for messages; default: the path
 * @throws RefusedError when the file is missing, broken or no statistic, or its facts were changed
 */
export async function openStatistic(file: string, label: string = file): Promise<OpenStatistic> {
  let source: FileSource;
  try {
    source = await fileSource(file);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const why = isMissing ? `there is no file ${file}` : error instanceof Error ? error.message : String(error);
    throw refuse("STATISTIC_MISSING", `${label}: ${why}; amalgam statistics measures one.`);
  }
  try {
    const { metadata, tensors } = await readHeader(source);
    const about = parseAbout(metadata, label);
    const headers = tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
    return {
      file,
      header: { label, key: statisticKey(about), about, tensors: headers },
      tensors: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    };
  } catch (error) {
    if (error instanceof FormatError) throw refuse(error.code, `${label}: ${error.message}`);
    throw refuse("STATISTIC_INVALID", error instanceof Error ? error.message : String(error));
  } finally {
    await source.close();
  }
}

/** Opens all statistics of a merge; everything at fault is told at once, each with its place in the recipe. */
export async function openStatistics(
  files: PerModel<string>,
  labels: PerModel<string> = files,
): Promise<PerModel<OpenStatistic>> {
  const names = listed(labels);
  const places = listed(files);
  const opened = await Promise.allSettled(places.map(({ value }, k) => openStatistic(value, names[k]?.value ?? value)));
  const faults = opened.flatMap((each, k) => {
    if (each.status === "fulfilled") return [];
    if (!(each.reason instanceof RefusedError)) throw each.reason;
    return each.reason.faults.map((fault) => ({ ...fault, path: (places[k]?.path ?? []).map(String) }));
  });
  if (faults.length > 0) throw new RefusedError(faults);
  const found = opened.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  const of = (parent: number | null) => found.filter((_, k) => places[k]?.parent === parent);
  return { base: of(null), parents: files.parents.map((_, i) => of(i)) };
}
