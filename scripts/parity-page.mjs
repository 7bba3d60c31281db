/**
 * npm run --silent bench -- parity --json | node scripts/parity-page.mjs
 *
 * Writes docs/benchmarks/parity.md from the lines of the bench.
 */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const page = join(dirname(dirname(fileURLToPath(import.meta.url))), "docs", "benchmarks", "parity.md");

const rows = new Map();
let limit = 0;
for (const line of (await text(process.stdin)).split("\n")) {
  if (!line.startsWith("{")) continue;
  const { bench, metric, value, referenceValue } = JSON.parse(line);
  if (bench !== "parity") continue;
  const [model, what, backend] = metric.split(" ");
  const row = rows.get(`${model} ${backend}`) ?? { model, backend };
  rows.set(`${model} ${backend}`, { ...row, [what]: value });
  limit = referenceValue;
}
if (rows.size === 0) throw new Error("There is no line of the bench parity on the standard input.");

const exponent = (value) => value.toExponential(1);
const sorted = [...rows.values()].sort((a, b) => (a.model === b.model ? 0 : a.model < b.model ? -1 : 1));
const table = sorted.map(
  ({ model, logits, loss, gradients, backend }) =>
    `| ${model} | ${exponent(logits)} | ${exponent(loss)} | ${exponent(gradients)} | ${backend} |`,
);

writeFileSync(
  page,
  `# Agreement with Hugging Face transformers

Made by \`npm run --silent bench -- parity --json | node scripts/parity-page.mjs\`; do not edit.

Every row is a small random checkpoint (\`packages/engine/src/runtime/golden\`), written with its expected numbers by transformers 5.24 in
float64 (\`scripts/golden\`), and run here in float32. Differences are the largest of any number, in units of the largest number of its
tensor; those of gradients are of the worst parameter. Tests allow 2e-5; what is asked for is ${exponent(limit)}.

| model | logits | loss | gradients | backend |
| --- | ---: | ---: | ---: | --- |
${table.join("\n")}
`,
);
