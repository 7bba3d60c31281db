import { readTensorFile } from "./checkpoint-tensors.ts";
import type { TensorValues } from "./parameters.ts";
import { saveTensors } from "./save-tensors.ts";
import type { Trainer } from "./trainer.ts";

const STEP = "amalgam.trainer.step";

/** Writes parameters (frozen ones too), moments and step count to one safetensors file, whole or not at all. */
export async function saveTrainerState(file: string, trainer: Trainer): Promise<void> {
  const { parameters, moments } = trainer;
  const tensors: [string, TensorValues][] = parameters.names.map((name) => [
    `parameter.${name}`,
    { shape: parameters.shape(name), values: parameters.values(name) },
  ]);
  for (const [name, { first, second }] of moments) {
    const shape = parameters.shape(name);
    tensors.push([`first.${name}`, { shape, values: first }], [`second.${name}`, { shape, values: second }]);
  }
  await saveTensors(file, tensors, new Map([[STEP, String(trainer.stepCount)]]));
}

/** Puts a trainer, made with the same model and options, where `saveTrainerState` left it; the next steps are the same bit for bit. */
export async function restoreTrainerState(file: string, trainer: Trainer): Promise<void> {
  const tensors = new Map<string, TensorValues>();
  const metadata = await readTensorFile(file, () => true, tensors);
  const step = Number(metadata.get(STEP) ?? Number.NaN);
  if (!Number.isInteger(step)) throw new Error(`${file} is not a trainer's state: it has no step count.`);
  const targets = new Map<string, Float32Array>(
    trainer.parameters.names.map((name) => [`parameter.${name}`, trainer.parameters.values(name)]),
  );
  for (const [name, { first, second }] of trainer.moments) targets.set(`first.${name}`, first).set(`second.${name}`, second);
  for (const [name, target] of targets) {
    const saved = tensors.get(name)?.values;
    if (saved?.length !== target.length) throw new Error(`${file}: "${name}" does not fit this trainer.`);
  }
  for (const [name, target] of targets) target.set(tensors.get(name)?.values ?? target);
  for (const name of trainer.parameters.names) trainer.parameters.touch(name);
  trainer.stepCount = step;
}
