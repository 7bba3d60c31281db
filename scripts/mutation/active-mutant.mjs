import { beforeAll, inject } from "vitest";

// The threads of a merge load the mutated sources too; they learn from the environment which mutant is meant.
beforeAll(() => {
  if (inject("mode") === "mutant") process.env["__STRYKER_ACTIVE_MUTANT__"] = inject("activeMutant");
  else delete process.env["__STRYKER_ACTIVE_MUTANT__"];
});
