/** What must hold of methods for every input, as data: methods name their laws, the property test tries them, documentation lists them. */

export * from "./laws/adapters.ts";
export * from "./laws/arrivals.ts";
export * from "./laws/curvature.ts";
export * from "./laws/general.ts";
export * from "./laws/information.ts";
export type { Law, Sample } from "./laws/law.ts";
export * from "./laws/layers.ts";
export * from "./laws/parts.ts";
export * from "./laws/scaled.ts";
export * from "./laws/sparse.ts";
export * from "./laws/sphere.ts";
export * from "./laws/task-vectors.ts";
export * from "./laws/thresholds.ts";
export * from "./laws/trajectory.ts";
