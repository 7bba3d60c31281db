/** Scores: examples in, accuracy with an interval out, and the comparison of two models on the same examples. */
export { type CorrectBits, countCorrect, isCorrect } from "./correct-bits.ts";
export { type ClassificationRequest, type ClassificationScore, evaluateClassification } from "./evaluate-classification.ts";
export { type Estimate, type Interval, macroInterval, wilson } from "./intervals.ts";
export { pairedDifference } from "./paired-difference.ts";
export { type Example, readExamples } from "./read-examples.ts";
