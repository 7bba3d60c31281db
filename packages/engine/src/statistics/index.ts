/** What is measured on models and data: Fisher information. */
export type { StatisticExample } from "./collate.ts";
export { diagonalFisher, type Fisher, type FisherEstimator, type FisherOptions } from "./fisher.ts";
