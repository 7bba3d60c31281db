import { type Network, openNetwork, trunkTensors } from "../../runtime/index.ts";
import type { RayPoint } from "../fisher-at.ts";

export interface RayRequest {
  /** Folder of the model that the network was opened from, and of the head that it has, where that is another's */
  readonly model: string;
  readonly head?: string | undefined;
  readonly labels?: number | undefined;
  /** Folder of θ₀ */
  readonly base: string;
}

/**
 * The way from a base through an open model: every tensor below the head, at the base and as task vector. The head, which belongs to a task, does not move.
 * @throws Error that names the tensor that the two do not have in common
 */
export async function openRay(
  network: Network,
  { model, head = model, labels, base: folder }: RayRequest,
): Promise<Omit<RayPoint, "lambda">> {
  const lent = network.head === "classification" ? { headFrom: head, ...(labels === undefined ? {} : { labels }) } : {};
  const start = await openNetwork(folder, { head: network.head, ...lent });
  try {
    const [base, delta] = [new Map<string, Float32Array>(), new Map<string, Float32Array>()];
    for (const name of trunkTensors(network)) {
      const to = network.parameters.values(name);
      const from = start.parameters.has(name) ? start.parameters.values(name).slice() : new Float32Array();
      if (from.length !== to.length)
        throw new Error(
          `Tensor "${name}" has ${to.length} elements in ${model} and ${from.length || "none"} in the base ${folder}.`,
        );
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
