export {
  createSuite,
  createTask,
  type Leaderboard,
  type LeaderboardRow,
  leaderboard,
  requestEvaluation,
} from "./evaluation-operations.ts";
export { accepted, execute } from "./graphql.ts";
export { type LocalFile, listFolder, localFile } from "./local-files.ts";
export { type Run, requestMerge, type Version, viewer } from "./operations.ts";
export { hashFiles, type PushResult, pushVersion, uploadFiles } from "./push-version.ts";
export { followRun, waitUntilVerified } from "./runs.ts";
export type { Server } from "./server.ts";
export { inParallel } from "./upload-plan.ts";
