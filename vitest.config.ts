import { createRequire } from "node:module";
import os from "node:os";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// Packages are tested from their sources, without a build.
const conditions = ["source", ...defaultServerConditions];
// As Node resolves it: through its field `module`, graphql would be loaded a second time, and its two copies refuse each other.
const alias = [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") }];
const resolution = { resolve: { conditions, alias }, ssr: { resolve: { conditions } } };
const workers = Math.max(1, Math.min(4, os.availableParallelism()));
const never = ["**/node_modules/**", "**/dist/**", "**/.next/**", "**/.work/**", "**/fixtures/**"];

export default defineConfig({
  test: {
    // End-to-end tests check what a user gets and wait for whole processes: they run alone, after everything else.
    projects: [
      {
        ...resolution,
        test: {
          name: "unit",
          include: ["{packages,apps,infra,examples,scripts}/**/*.test.{ts,tsx}", "tests/{architecture,support}/**/*.test.ts"],
          exclude: [...never, "**/*.{db,e2e}.test.ts"],
          testTimeout: 20_000,
          hookTimeout: 60_000,
          maxWorkers: workers,
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...resolution,
        test: {
          name: "db",
          include: ["{packages,apps,infra,prisma,tests}/**/*.db.test.ts"],
          exclude: never,
          globalSetup: ["tests/support/postgres.setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: workers,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...resolution,
        test: {
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts", "**/*.e2e.test.ts"],
          exclude: never,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
