import { canonicalJson } from "../../merge/canonical-json.ts";
import type { TensorValues } from "../../runtime/index.ts";
import { saveTensors } from "../../runtime/save-tensors.ts";
import { aboutSchema, type StatisticAbout, statisticKey } from "./statistic-about.ts";

/** Metadata of a statistic's file: one entry for each fact, texts as safetensors wants them, objects as JSON. */
export function aboutToMetadata(about: StatisticAbout): Map<string, string> {
  const facts = Object.entries(aboutSchema.parse(about)).map(
    ([name, value]) => [`amalgam.statistic.${name}`, typeof value === "string" ? value : canonicalJson(value)] as const,
  );
  return new Map([...facts, ["amalgam.statistic.key", statisticKey(about)]]);
}

/**
 * Writes a statistic as a safetensors file, F32. The file is there whole or not at all.
 * @returns its key
 * @throws Error for a value that is NaN, infinite, or, in Fisher information, negative, by the name of the tensor
 */
export async function writeStatistic(
  file: string,
  about: StatisticAbout,
  tensors: Iterable<readonly [name: string, tensor: TensorValues]>,
): Promise<string> {
  const all = [...tensors];
  for (const [name, { values }] of all) checkValues(name, values, about);
  await saveTensors(file, all, aboutToMetadata(about));
  return statisticKey(about);
}

export function checkValues(name: string, values: Float32Array, { kind }: Pick<StatisticAbout, "kind">, where = ""): void {
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (!Number.isFinite(value)) throw new Error(`${where}tensor "${name}": element ${at} is ${value}.`);
    if (kind === "fisher" && value < 0)
      throw new Error(`${where}tensor "${name}": element ${at} is ${value}; Fisher information is not negative.`);
  }
}
