import type { RopeTables } from "@amalgam/tfjs-backend-ort";
import { z } from "zod";

const positive = z.number().positive().max(1e15);

/** Of both spellings, `rope_scaling` (with `type` in old files) and the later `rope_parameters`. */
const scalingSchema = z.looseObject({
  rope_type: z.string().max(100).optional(),
  type: z.string().max(100).optional(),
  rope_theta: positive.optional(),
  partial_rotary_factor: z.literal(1).optional(),
  factor: positive.optional(),
  low_freq_factor: positive.optional(),
  high_freq_factor: positive.optional(),
  original_max_position_embeddings: positive.optional(),
});

/** Keys of a config that say how positions turn queries and keys. */
export const rotaryFields = {
  rope_theta: positive.nullish(),
  rope_scaling: scalingSchema.nullish(),
  rope_parameters: scalingSchema.nullish(),
  partial_rotary_factor: z.literal(1).nullish(),
};

export interface RotaryConfig {
  readonly rope_theta?: number | null | undefined;
  readonly rope_scaling?: z.infer<typeof scalingSchema> | null | undefined;
  readonly rope_parameters?: z.infer<typeof scalingSchema> | null | undefined;
}

/**
 * Turn per position of each pair of a head of `headSize` elements: θ^(−2i/headSize), then scaled as the config says. Rounded to F32 at
 * each step, because models were trained with angles rounded so. Throws an Error that names the config's key.
 */
export function rotaryFrequencies(config: RotaryConfig, headSize: number, where: string): Float32Array {
  if (headSize % 2 !== 0) throw new Error(`${where}: head_dim: ${headSize} elements of a head cannot be turned in pairs.`);
  const key = config.rope_parameters ? "rope_parameters" : "rope_scaling";
  const scaling = config.rope_parameters ?? config.rope_scaling ?? {};
  const theta = scaling.rope_theta ?? config.rope_theta ?? 10_000;
  const frequencies = Float32Array.from(
    { length: headSize / 2 },
    (_, pair) => 1 / Math.fround(theta ** Math.fround((2 * pair) / headSize)),
  );
  const type = scaling.rope_type ?? scaling.type ?? "default";
  const needed = (name: "factor" | "low_freq_factor" | "high_freq_factor" | "original_max_position_embeddings"): number => {
    const value = scaling[name];
    if (value === undefined) throw new Error(`${where}: ${key}.${name}: missing; positions of type ${type} need it.`);
    return value;
  };
  if (type === "default") return frequencies;
  if (type === "linear") return frequencies.map((frequency) => frequency / needed("factor"));
  if (type !== "llama3") {
    throw new Error(`${where}: ${key}: positions of type "${type}" are not implemented here; default, linear and llama3 are.`);
  }
  const [factor, low, high] = [needed("factor"), needed("low_freq_factor"), needed("high_freq_factor")];
  const trained = needed("original_max_position_embeddings");
  if (low >= high) throw new Error(`${where}: ${key}.low_freq_factor: ${low} is not below high_freq_factor ${high}.`);
  return frequencies.map((frequency) => {
    // Turns within the length that the model was first trained on: many stay as they are, few are slowed, between them a mixture.
    const turns = (trained * frequency) / (2 * Math.PI);
    const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
    return (1 - kept) * (frequency / factor) + kept * frequency;
  });
}

/** Cosines and sines of places in a text. Those of a shorter text are the beginning of those of a longer one. */
export function rotaryTables(frequencies: Float32Array): (places: Int32Array) => RopeTables {
  let known = { cos: new Float32Array(0), sin: new Float32Array(0) };
  const pairs = frequencies.length;
  return (places) => {
    const length = places.reduce((most, place) => Math.max(most, place + 1), 0);
    if (known.cos.length < length * pairs) {
      const angles = Float32Array.from({ length: length * pairs }, (_, index) =>
        Math.fround(Math.floor(index / pairs) * (frequencies[index % pairs] ?? 0)),
      );
      known = { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
    }
    if (places.every((place, index) => place === index))
      return { cos: known.cos.subarray(0, length * pairs), sin: known.sin.subarray(0, length * pairs) };
    const at = (table: Float32Array): Float32Array =>
      Float32Array.from(
        { length: places.length * pairs },
        (_, i) => table[(places[Math.floor(i / pairs)] ?? 0) * pairs + (i % pairs)] ?? 0,
      );
    return { cos: at(known.cos), sin: at(known.sin) };
  };
}
