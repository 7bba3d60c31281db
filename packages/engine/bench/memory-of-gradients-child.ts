// node memory-of-gradients-child.ts CONFIG SIZE LENGTH → one line of JSON: what forward and backward passes take in a process of its own.
import { classificationLoss, createBert, selectBackend, withGradients } from "@amalgam/engine/runtime";
import { syntheticBatch } from "./synthetic-batch.ts";

const [config = "", size, length] = process.argv.slice(2);
await selectBackend("ort");
const baseline = process.memoryUsage.rss();
const model = createBert({ config: JSON.parse(config), head: "classification", labels: 4, seed: 1 });
const { names } = model.parameters;
const weightBytes = names.reduce((sum, name) => sum + model.parameters.values(name).byteLength, 0);
const { batch, labels } = syntheticBatch(Number(size), Number(length), model.config.vocab_size, 4);
for (let step = 0; step < 3; step += 1)
  withGradients(
    model.parameters,
    names,
    () => classificationLoss(model, model.encode(batch), labels),
    () => undefined,
  );
console.log(JSON.stringify({ weightBytes, peakBytes: process.resourceUsage().maxRSS * 1024 - baseline }));
