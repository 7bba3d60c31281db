/** What is measured on models and data: Fisher information. */
export type { ChoiceQuestion } from "./choice-passes.ts";
export type { StatisticExample } from "./collate.ts";
export { diagonalFisher, type Fisher, type FisherEstimator, type FisherOptions } from "./fisher.ts";
export { choiceFisher, type LanguageOptions, languageFisher } from "./language-fisher.ts";
export { continuation, type TokenExample } from "./token-example.ts";
