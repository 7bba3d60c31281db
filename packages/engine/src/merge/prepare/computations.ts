import { addArrivals } from "../opcm/add-arrivals.ts";
import { mergeLayer } from "../regmean/merge-layer.ts";
import type { Computation } from "./whole-tensor.ts";

export type ComputationName = "opcm" | "regmean";

/** Computations on whole tensors, apart from the methods that declare them: threads load these and nothing else of a method. */
export const computations: Readonly<Record<ComputationName, Computation>> = { opcm: addArrivals, regmean: mergeLayer };
