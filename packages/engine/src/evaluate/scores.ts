/** The arithmetic of scores alone: for programs that compare results without loading a network runtime. */
export { checkSplit, type SplitFile } from "./check-split.ts";
export { type CorrectBits, countCorrect, isCorrect } from "./correct-bits.ts";
export { type Estimate, type Interval, macroInterval, wilson } from "./intervals.ts";
export { type EvaluationKind, evaluationKinds, type KindFacts, kindFacts, type Metric, parseSettings } from "./kinds.ts";
export { pairedDifference } from "./paired-difference.ts";
export { type Example, readExamples } from "./read-examples.ts";
