/** What a statistic is of and the key that it has before it is measured, for programs that run no model. */
export { estimatorSettings } from "./artefact/estimator-settings.ts";
export { estimatorVersions, type StatisticAbout, type StatisticKind, statisticKey } from "./artefact/statistic-about.ts";
export type { FisherEstimator } from "./fisher.ts";
