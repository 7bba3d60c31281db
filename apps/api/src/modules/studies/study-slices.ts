import { type Slice, slices } from "@amalgam/engine/tune";
import { paramsIn, type StudyView, searchedSpace, trialsOf, tunedTrial } from "./load-study.ts";
import { bestOf } from "./next-step.ts";

const pointCount = 41;
/** The surrogate of a picture need not know more: fitting grows with the cube of the trials, and a request waits. */
const mostTrials = 100;
const rememberedStudies = 50;
const remembered = new Map<string, { readonly finished: number; readonly slices: readonly Slice[] }>();

/** What the surrogate believes along each coordinate through the best trial; none before two trials are complete. */
export function slicesOf(study: StudyView): readonly Slice[] {
  const search = trialsOf(study.trials, "SEARCH").filter(({ state }) => state === "COMPLETE" || state === "FAILED");
  const best = bestOf(search);
  if (best === null || search.length < 2) return [];
  const known = remembered.get(study.id);
  if (known?.finished === search.length) return known.slices;
  const through = paramsIn(best);
  const found = slices(searchedSpace(study), thinned(search, best.index).map(tunedTrial), {
    through,
    count: pointCount,
    seed: study.seed,
  });
  remembered.delete(study.id);
  if (remembered.size >= rememberedStudies) remembered.delete(remembered.keys().next().value ?? "");
  remembered.set(study.id, { finished: search.length, slices: found });
  return found;
}

/** Evenly spaced over the order of asking, the best always among them. */
function thinned<T extends { readonly index: number }>(trials: readonly T[], best: number): readonly T[] {
  if (trials.length <= mostTrials) return trials;
  const every = trials.length / mostTrials;
  return trials.filter(({ index }, i) => index === best || Math.floor(i / every) !== Math.floor((i - 1) / every));
}
