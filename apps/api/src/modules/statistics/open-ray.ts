import { type Network, openNetwork, trunkTensors } from "@amalgam/engine/runtime";
import type { MeasureRequest } from "./measurer.ts";

/** From θ₀ through a model: every tensor below the head, and the task vector θ − θ₀. */
export interface Ray {
  readonly base: ReadonlyMap<string, Float32Array>;
  readonly delta: ReadonlyMap<string, Float32Array>;
}

/**
 * Reads θ₀ under the model's own head, whose tensors belong to its task and do not move.
 * @throws Error that names the tensor that the two have not in common
 */
export async function openRay(
  network: Network,
  { model, head: lender = model, base: folder, labels }: MeasureRequest,
): Promise<Ray> {
  if (folder === undefined) throw new Error("A ray needs a base.");
  const { head } = network;
  const start = await openNetwork(folder, {
    head,
    ...(head === "classification" ? { headFrom: lender, ...(labels === undefined ? {} : { labels }) } : {}),
  });
  try {
    const base = new Map<string, Float32Array>();
    const delta = new Map<string, Float32Array>();
    for (const name of trunkTensors(network)) {
      if (!start.parameters.has(name)) throw new Error(`The base has no tensor "${name}".`);
      const [from, to] = [start.parameters.values(name).slice(), network.parameters.values(name)];
      if (from.length !== to.length)
        throw new Error(`Tensor "${name}" has ${from.length} elements in the base and ${to.length} in the model.`);
      base.set(name, from);
      delta.set(
        name,
        to.map((value, p) => value - (from[p] as number)),
      );
    }
    return { base, delta };
  } finally {
    start.dispose();
  }
}
