import { fileURLToPath } from "node:url";
import { defaultServerConditions } from "vite";
import { defineConfig } from "vitest/config";

// The chosen tests in one thread; fast-check with fewer runs, and without shrinking: a mutant is dead at the first failure.
const conditions = ["source", ...defaultServerConditions];
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig({
  root: here("../.."),
  resolve: { conditions, alias: [{ find: /^fast-check$/, replacement: here("fewer-runs.mjs") }] },
  ssr: { resolve: { conditions } },
  test: {
    include: (process.env["AMALGAM_MUTATION_TESTS"] ?? "").split(","),
    setupFiles: [here("active-mutant.mjs")],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
