import { expect, it } from "vitest";
import * as x from "../src/expr/expr.ts";
import { wholeSelection } from "../src/expr/sample.ts";
import { outlineOf, shapeFor } from "../src/expr/wasm/kernel.ts";
import { type Job, planStages, type TensorJob } from "../src/merge/run/job.ts";
import { KernelDesk } from "../src/merge/run/kernel-desk.ts";
import { LevelWork } from "../src/merge/run/level-work.ts";
import { createSharedState, ringSlots, stop } from "../src/merge/run/shared-state.ts";

it("a level stage waits for the level stage that has its place in the ring, and for no other", () => {
  const magnitude = x.abs(x.input(0));
  const value = x.select(x.kept(magnitude, x.largest(magnitude, x.number(9))), x.input(0), x.constant(0));
  const specs = [{ inputs: ["F32" as const], output: { value, stored: "F32" as const }, statistics: [] }];
  const elements = wholeSelection + 1;
  const tensors = Array.from({ length: 7 }, (_, i): TensorJob => {
    const source = { kind: "stored" as const, file: 0, position: 0, dtype: "F32" as const };
    return { name: `${i}`, spec: 0, elements, columns: elements, inputs: [source], output: null, measured: {} };
  });
  const shape = shapeFor(specs.map(outlineOf), 65536);
  const job: Job = { inputs: [], outputs: [], specs, shape, tensors, seed: 0, ...planStages(tensors, specs, shape) };
  const levels = job.stages.flatMap(({ kind }, index) => (kind === "level" ? [index] : []));
  expect(levels).toHaveLength(7);
  const state = createSharedState(job);
  // Who must wait in a run that is stopped is told so.
  stop(state);
  const work = new LevelWork(new KernelDesk(job, state));
  for (const [ordinal, index] of levels.entries()) {
    const before = levels[ordinal - ringSlots];
    expect(work.awaitRoom(index)).toBe(before === undefined);
    if (before === undefined) continue;
    const tiles = state.pending[before] ?? 0;
    state.pending[before] = 0;
    expect(work.awaitRoom(index)).toBe(true);
    state.pending[before] = tiles;
  }
});
