/** What the demo reuses of the command line. */
export { resolveServer, type Server } from "./client/server.ts";
export { type Example, readExample } from "./demo/example.ts";
export { type JourneyOptions, journey } from "./demo/journey.ts";
export { type Phase, type Steps, startSteps } from "./demo/steps.ts";
export { formatDuration } from "./terminal/format.ts";
export { renderLeaderboard } from "./terminal/leaderboard.ts";
export { type LeaderboardJson, leaderboardJson } from "./terminal/leaderboard-export.ts";
export { styleFor } from "./terminal/style.ts";
