import { type BackendName, selectBackend } from "../src/runtime/index.ts";
import { goldenNames, measureParity } from "../test/parity.ts";

/**
 * Differences from Hugging Face transformers, for every golden folder: no speed, but the same way to print it. It measures the sources,
 * not the build, as the golden files lie there. `scripts/parity-page.mjs` makes docs/benchmarks/parity.md from the lines.
 */

/** What is asked for, in units of the largest number of a tensor. */
const LIMIT = 1e-4;

async function* parityLines() {
  for (const backend of ["ort", "cpu", "wasm"] satisfies BackendName[]) {
    await selectBackend(backend);
    for (const name of goldenNames()) {
      const { logits, loss, gradients } = await measureParity(name);
      for (const [what, value] of Object.entries({ logits, loss, gradients })) {
        const metric = `${name} ${what} ${backend}`;
        const reference = "the difference allowed from transformers in float64";
        yield { bench: "parity", metric, value, unit: "relative", reference, referenceValue: LIMIT, ratio: value / LIMIT };
      }
    }
  }
}

export const benches = [{ name: "parity", run: parityLines }];
