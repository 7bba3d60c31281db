import { type Fault, RefusedError } from "@amalgam/engine/merge";
import type { Deps } from "../../deps.ts";
import { type Actor, authorise } from "../accounts/actor.ts";
import { findEarlierMerge } from "./find-earlier-merge.ts";
import { prepareMerge } from "./prepare-merge.ts";

export interface MergeCheck {
  readonly ok: boolean;
  readonly faults: readonly Fault[];
  readonly notes: readonly string[];
  readonly identity: string | null;
  readonly tensorCount: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly peakMemoryBytes: number;
  readonly seconds: number;
  readonly existingId: string | null;
}

/** Says what a merge would do and cost, or why it cannot be done. */
export async function checkMerge(deps: Deps, actor: Actor, recipe: unknown): Promise<MergeCheck> {
  authorise(actor, "read");
  try {
    const { plan, identity } = await prepareMerge(deps, recipe);
    const earlier = await findEarlierMerge(deps, identity);
    return {
      ok: true,
      faults: [],
      notes: plan.notes,
      identity,
      tensorCount: plan.tensors.length,
      readBytes: plan.readBytes,
      writeBytes: plan.writeBytes,
      peakMemoryBytes: plan.peakMemoryBytes(deps.mergeThreads),
      seconds: plan.secondsForecast,
      existingId: earlier?.state === "SUCCEEDED" ? earlier.versionId : null,
    };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    const nothing = { notes: [], identity: null, tensorCount: 0, readBytes: 0, writeBytes: 0, peakMemoryBytes: 0, seconds: 0 };
    return { ok: false, faults: error.faults, ...nothing, existingId: null };
  }
}
