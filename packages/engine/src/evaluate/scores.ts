/** The arithmetic of scores alone: for programs that compare results without loading a network runtime. */
export { checkSplit, type SplitFile } from "./check-split.ts";
export { type CorrectBits, countCorrect, isCorrect } from "./correct-bits.ts";
export { type Estimate, type Interval, macroInterval, meanOfEstimates, wilson } from "./intervals.ts";
export { type EvaluationKind, evaluationKinds, type KindFacts, kindFacts, type Metric, parseSettings } from "./kinds.ts";
export { type NormalisedTask, normalisedMean, normalisedScore } from "./normalised-mean.ts";
export { PackedBits } from "./packed-bits.ts";
export { countDisagreements, pairedDifference } from "./paired-difference.ts";
export type { PairList, RankedScore } from "./ranked-pairs.ts";
export { type PairMemory, rankModels } from "./ranks.ts";
export { type Example, readExamples } from "./read-examples.ts";
export { meanDifference, pairedTask, separateTask, type TaskDifference } from "./task-difference.ts";
