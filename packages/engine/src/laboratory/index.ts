/** Merges in memory, tried by the dozen: a base and its experts as F32, scored under every task's own head, with Fisher information along each task vector. */
export { drawItems, type FisherGridsOptions, fisherGrids } from "./fisher-grids.ts";
export { checkLaboratory, forecastLaboratory, type LaboratoryForecast, type LaboratoryPlan } from "./forecast-laboratory.ts";
export { combine, type Expert, type ExpertFolder, type Laboratory, openLaboratory } from "./laboratory.ts";
export { saveTrunk } from "./save-trunk.ts";
export { type EncodedExample, scoreTrunk } from "./score-trunk.ts";
