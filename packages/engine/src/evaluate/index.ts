/** Scores: a model and a split in, how well and how surely and at what cost out; and the comparison of two models on the same examples. */
export { checkSplit, type SplitFile } from "./check-split.ts";
export { type CorrectBits, countCorrect, isCorrect } from "./correct-bits.ts";
export { evaluate } from "./evaluate.ts";
export { type Estimate, type Interval, macroInterval, wilson } from "./intervals.ts";
export { type EvaluationKind, evaluationKinds, kindFacts, type Metric, parseSettings, settingsSchemas } from "./kinds.ts";
export { pairedDifference } from "./paired-difference.ts";
export { type MemoryWatch, watchMemory } from "./peak-memory.ts";
export {
  type AnswerExample,
  type ChoiceExample,
  type Example,
  readAnswerExamples,
  readChoiceExamples,
  readDocuments,
  readExamples,
} from "./read-examples.ts";
export type { EndpointSource, EvaluationRequest, ExternalSource } from "./request.ts";
export type { Progress, Score } from "./score.ts";
