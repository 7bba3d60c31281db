import { UsageError } from "../failure.ts";
import { printable } from "../terminal/format.ts";
import { locate } from "./evaluate-here.ts";
import { type FisherChoice, type Live, type Measured, type MeasureOptions, measureFisher } from "./measure-statistics.ts";

export interface Ray {
  readonly base: string;
  /** Ascending, each once */
  readonly lambdas: readonly number[];
}

/** Reads --base and --lambda; null where the model itself is meant. */
export async function rayOf(base: string | undefined, lambda: string | undefined): Promise<Ray | null> {
  if (base === undefined && lambda === undefined) return null;
  if (base === undefined || lambda === undefined)
    throw new UsageError("--base and --lambda go together: base + λ · (model − base).");
  const lambdas = lambda.split(",").map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
  if (lambdas.some((each) => !Number.isFinite(each) || Math.abs(each) > 10))
    throw new UsageError(`--lambda takes numbers between -10 and 10, such as 0,0.5,1, not ${printable(lambda, 60)}.`);
  return { base: await locate(base, "base"), lambdas: [...new Set(lambdas)].sort((a, b) => a - b) };
}

/** Fisher information at every λ, each in a file of its own beside the one that was asked for when there are several. */
export async function measureAlong(options: MeasureOptions, choice: FisherChoice, ray: Ray, live: Live): Promise<Measured[]> {
  const { base, lambdas } = ray;
  const measured: Measured[] = [];
  for (const [k, lambda] of lambdas.entries()) {
    const out = options.out === null || lambdas.length === 1 ? options.out : withLambda(options.out, lambda);
    const onProgress = ({ done, total }: { readonly done: number; readonly total: number }) =>
      live.onProgress({ done: k * total + done, total: lambdas.length * total });
    // The model itself has the same statistic, and key, from whatever base it came.
    const point = lambda === 1 ? {} : { ray: { base, lambda } };
    measured.push(await measureFisher({ ...options, out }, { ...choice, ...point }, { ...live, onProgress }));
  }
  return measured;
}

/** fisher.safetensors at 0.5: fisher.lambda-0.5.safetensors */
const withLambda = (file: string, lambda: number): string => `${file.replace(/\.safetensors$/, "")}.lambda-${lambda}.safetensors`;
