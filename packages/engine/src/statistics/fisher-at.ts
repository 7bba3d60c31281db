import type { Network, Parameters } from "../runtime/index.ts";
import type { StatisticExample } from "./collate.ts";
import { diagonalFisher, type Fisher, type FisherOptions } from "./fisher.ts";

/** A point on the ray from a base through a model: θ₀ + λτ, with λ for the whole model or for each tensor by its name. */
export interface RayPoint {
  readonly base: ReadonlyMap<string, Float32Array>;
  /** Task vector τ = θ − θ₀. */
  readonly delta: ReadonlyMap<string, Float32Array>;
  readonly lambda: number | ((tensor: string) => number);
}

/**
 * Writes θ₀ + λτ into the tensors that τ has; the others (a head, which belongs to a task) stay as they are. Computed in f64, rounded once.
 * @throws Error for a tensor that the network or the base lacks or has in another size; RangeError for a λ that is not finite. Nothing is changed then
 */
export function moveTo(parameters: Parameters, { base, delta, lambda }: RayPoint): void {
  const scales = new Map<string, number>();
  for (const [name, { length }] of delta) {
    const start = base.get(name);
    if (!parameters.has(name)) throw new Error(`The task vector has a tensor "${name}" that the network has not.`);
    if (start?.length !== length || parameters.values(name).length !== length)
      throw new Error(
        `Tensor "${name}" has ${length} elements in the task vector, ${start?.length ?? "none"} in the base and ${parameters.values(name).length} in the network.`,
      );
    const scale = typeof lambda === "number" ? lambda : lambda(name);
    if (!Number.isFinite(scale)) throw new RangeError(`λ is ${scale} for "${name}".`);
    scales.set(name, scale);
  }
  for (const [name, change] of delta) {
    const [values, start] = [parameters.values(name), base.get(name) ?? change];
    const scale = scales.get(name) ?? 0;
    for (let p = 0; p < values.length; p++) values[p] = (start[p] as number) + scale * (change[p] as number);
    parameters.touch(name);
  }
}

/** Diagonal Fisher information of θ₀ + λτ, in memory: DF-Merge measures it anew at every λ. The network stays at that point. */
export async function fisherAt(
  network: Network,
  point: RayPoint,
  examples: readonly StatisticExample[],
  options: FisherOptions,
): Promise<Fisher> {
  moveTo(network.parameters, point);
  return diagonalFisher(network, examples, options);
}
