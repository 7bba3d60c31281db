import { decodeToF32, isArithmetic, type TensorData } from "../src/formats/index.ts";
import { type StatisticAbout, writeStatistic } from "../src/statistics/index.ts";
import { type TensorSpec, tensorOf } from "./checkpoints.ts";

/** A statistic's tensors, as they are in its file. */
export interface StatisticFile {
  readonly file: string;
  readonly tensors: readonly TensorData[];
}

const digest = (seed: number): string => String(seed % 10).repeat(64);

/** Facts of a statistic that somebody might have measured. */
export const aboutOf = (changes: Partial<StatisticAbout> = {}): StatisticAbout => ({
  ...{ kind: "fisher", estimator: "exact", estimatorVersion: 1, settings: {}, model: digest(1), base: null, lambda: 1 },
  ...{ data: digest(2), examples: 30, seed: null },
  ...changes,
});

const valuesOf = ({ data }: TensorData): Float32Array => decodeToF32("F32", data);

/** Writes Fisher information for the tensors with arithmetic: between 0 and a thousandth, some of it 0. */
export async function writeFisher(
  file: string,
  specs: readonly TensorSpec[],
  seed: number,
  about: Partial<StatisticAbout> = {},
): Promise<StatisticFile> {
  const tensors = specs
    .filter(({ dtype }) => isArithmetic(dtype))
    .map(({ name, shape }): TensorData => {
      const noise = tensorOf({ name, dtype: "F32", shape }, seed);
      const values = valuesOf(noise).map((value, i) => (i % 11 === 3 ? 0 : Math.fround(value * value)));
      return { name, dtype: "F32", shape, data: new Uint8Array(values.buffer) };
    });
  await writeTensors(file, tensors, about);
  return { file, tensors };
}

/** Writes any tensors as a statistic. */
export const writeTensors = (
  file: string,
  tensors: readonly TensorData[],
  about: Partial<StatisticAbout> = {},
): Promise<string> =>
  writeStatistic(
    file,
    aboutOf(about),
    tensors.map((tensor) => [tensor.name, { shape: tensor.shape, values: valuesOf(tensor) }]),
  );
