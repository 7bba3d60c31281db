export { headPatterns, matchesGlob, trunkConfig } from "./architectures.ts";
export { canonicalJson } from "./canonical-json.ts";
export { type Checkpoint, type CheckpointTensor, openCheckpoint } from "./checkpoint.ts";
export type { CheckpointHeader } from "./checkpoint-header.ts";
export type { BuildInput, Coefficients, MergeMethod, Space } from "./define-method.ts";
export { describeMethods, type MethodDescription, universalLawSentences } from "./describe-methods.ts";
export { type Fault, fault, RefusedError } from "./fault.ts";
export { type FileDigest, folderDigest } from "./folder-digest.ts";
export { defaultTileBytes } from "./forecast.ts";
export { type ParentDigests, recipeIdentity } from "./identity.ts";
export { type Law, type Sample, universalLaws } from "./laws.ts";
export { restackedConfig } from "./layer-stack.ts";
export { type MergeValues, mergeValues } from "./merge-values.ts";
export { exportMergekit } from "./mergekit/export.ts";
export { isMergekitMethod, mergekitNameOf, rulesOf } from "./mergekit/method-rules.ts";
export { methods } from "./methods/index.ts";
export { type OpenModel, openModel } from "./open-model.ts";
export { openTokenizers } from "./open-tokenizers.ts";
export { type MergeHeaders, type Plan, type PlannedSource, type PlannedTensor, plan } from "./plan.ts";
export {
  coefficientsOf,
  maxParents,
  methodOf,
  type ParseOptions,
  parseRecipe,
  type Recipe,
  type RecipeParent,
} from "./recipe.ts";
export { type ParsedRecipe, parseRecipeStages, parseRecipeText, type RecipeStage } from "./recipe-text.ts";
export { classifyReference, type ModelReference } from "./reference.ts";
export type { MergedFile, MergeOptions, MergeProgress, MergeReport } from "./run/merge-options.ts";
export { mergeToFolder } from "./run/merge-to-folder.ts";
export { type FileOutcome, type Reproduction, reproduceMerge } from "./run/reproduce.ts";
export { type Manifest, methodChange, parseManifest } from "./run/reproduce-manifest.ts";
export { checkStatisticOwners, type OwnerDigests } from "./statistics/check-statistics.ts";
export { type OpenStatistic, openStatistic, openStatistics } from "./statistics/open-statistic.ts";
export {
  hasStatistics,
  listed as listStatistics,
  mapStatistics,
  noStatistics,
  type PerModel,
  referencesIn as statisticsIn,
  type StatisticHeader,
  type StatisticsNeed,
} from "./statistics/statistic-header.ts";
