// Stands for fast-check in a mutation run: as many runs as AMALGAM_TEST_RUNS at most, always the same ones, no shrinking.
import { createRequire } from "node:module";

const { default: real, ...named } = createRequire(import.meta.url)("fast-check");
const fc = real ?? named;
const most = Number(process.env["AMALGAM_TEST_RUNS"] ?? 40);
const fewer = (parameters) => ({
  seed: 1,
  ...parameters,
  numRuns: Math.min(most, parameters?.numRuns ?? 100),
  endOnFailure: true,
});

export default {
  ...fc,
  assert: (property, parameters) => fc.assert(property, fewer(parameters)),
  check: (property, parameters) => fc.check(property, fewer(parameters)),
};
