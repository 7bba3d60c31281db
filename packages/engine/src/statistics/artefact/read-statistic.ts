import { readTensorFile } from "../../runtime/checkpoint-tensors.ts";
import type { TensorValues } from "../../runtime/index.ts";
import { parseAbout } from "./parse-about.ts";
import type { StatisticAbout, StatisticKind } from "./statistic-about.ts";
import { checkValues } from "./write-statistic.ts";

export interface Statistic {
  readonly about: StatisticAbout;
  readonly tensors: ReadonlyMap<string, TensorValues>;
}

export interface ReadStatisticOptions {
  /** What the caller can use. */
  readonly kind?: StatisticKind;
  /** Shapes of the tensors that must be there, as of a model that the statistic belongs to; the file may have more. */
  readonly shapes?: ReadonlyMap<string, readonly number[]>;
}

/**
 * Reads a statistic. @throws Error that names the file, and: that it is no statistic; that it is of another kind; the tensor that is missing, has another shape, or holds
 * what cannot be; or that its facts are not those that its key was made of
 */
export async function readStatistic(file: string, { kind, shapes = new Map() }: ReadStatisticOptions = {}): Promise<Statistic> {
  const tensors = new Map<string, TensorValues>();
  const metadata = await readTensorFile(file, () => true, tensors).catch((error: Error) => {
    throw error.message.startsWith(file) || "syscall" in error ? error : new Error(`${file}: ${error.message}`);
  });
  const about = parseAbout(metadata, file);
  if (kind !== undefined && about.kind !== kind)
    throw new Error(`${file} holds a statistic of the kind ${about.kind}; ${kind} is needed.`);
  for (const [name, shape] of shapes) {
    const found = tensors.get(name);
    if (found === undefined) throw new Error(`${file} has nothing on the tensor "${name}".`);
    if (found.shape.join() !== shape.join())
      throw new Error(
        `${file}: tensor "${name}" has the shape [${found.shape.join(", ")}]; the model has [${shape.join(", ")}].`,
      );
  }
  for (const [name, { values }] of tensors) checkValues(name, values, about, `${file}: `);
  return { about, tensors };
}
