/** What is measured on models and data: Fisher information, Gram matrices of inputs, routers, task vectors; and the files that keep it. */
export { estimatorSettings } from "./artefact/estimator-settings.ts";
export { gramToTensors, tensorsToGram } from "./artefact/gram-tensors.ts";
export { type ReadStatisticOptions, readStatistic, type Statistic } from "./artefact/read-statistic.ts";
export {
  estimatorVersions,
  type StatisticAbout,
  type StatisticKind,
  statisticKey,
  statisticKinds,
} from "./artefact/statistic-about.ts";
export { taskVectorsToTensors } from "./artefact/task-vector-tensors.ts";
export { writeStatistic } from "./artefact/write-statistic.ts";
export type { ChoiceQuestion } from "./choice-passes.ts";
export type { StatisticExample } from "./collate.ts";
export type { MaskChoice } from "./data/mask-tokens.ts";
export { type InputFisherOptions, inputFisher } from "./data/measure.ts";
export { type OpenInputs, openInputs, type StatisticRequest } from "./data/open-inputs.ts";
export { openRay, type RayRequest } from "./data/open-ray.ts";
export { countExamples, forwardExamples, inputSettings, type StatisticInput } from "./data/statistic-input.ts";
export { diagonalFisher, type Fisher, type FisherEstimator, type FisherOptions } from "./fisher.ts";
export { fisherAt, moveTo, type RayPoint } from "./fisher-at.ts";
export type { ForwardExample, ForwardOptions } from "./forward-batches.ts";
export { type Gram, type GramOptions, type GramStatistics, gramMatrices } from "./gram.ts";
export { choiceFisher, type LanguageOptions, languageFisher } from "./language-fisher.ts";
export { type RouterOptions, type RouterStatistics, routerStatistics } from "./router.ts";
export type { TaskVectorSummary } from "./task-vectors/summary.ts";
export {
  type TaskVectorOptions,
  type TaskVectorStatistics,
  taskVectorStatistics,
} from "./task-vectors/task-vector-statistics.ts";
export { continuation, type TokenExample } from "./token-example.ts";
