import { join } from "node:path";
import { z } from "zod";
import { exists, readJson } from "./checkpoint-tensors.ts";
import { countUpTo, parseConfig } from "./parse-config.ts";

/** What a model's `preprocessor_config.json` does to the bytes of an image, once it is resized and cropped: (x·rescale − mean)/deviation. */
export interface ImagePreparation {
  /** How messages name it. */
  readonly file: string;
  readonly rescale: number;
  /** By channel; one number serves all. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Size after resizing and cropping; null where the file asks for none. */
  readonly size: readonly [height: number, width: number] | null;
}

const side = countUpTo(16_384);
const size = z.union([
  side.transform((length): [number, number] => [length, length]),
  z.object({ height: side, width: side }).transform(({ height, width }): [number, number] => [height, width]),
  z.object({ shortest_edge: side }).transform(({ shortest_edge: length }): [number, number] => [length, length]),
]);
const perChannel = z.union([z.number().transform((value) => [value]), z.array(z.number()).min(1).max(1_024)]);

const schema = z.looseObject({
  do_resize: z.boolean().default(false),
  size: size.nullish(),
  do_center_crop: z.boolean().default(false),
  crop_size: size.nullish(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z
    .number()
    .positive()
    .max(1)
    .default(1 / 255),
  do_normalize: z.boolean().default(false),
  image_mean: perChannel.nullish(),
  image_std: perChannel.nullish(),
});

/** Steps that are done here, or that the caller has done to images in a tensor. */
const knownSteps = new Set(["do_resize", "do_center_crop", "do_rescale", "do_normalize", "do_convert_rgb"]);

/** The preparation that a folder asks for, or null where it says nothing. Steps that are not done here are refused by name. */
export async function loadImagePreparation(folder: string): Promise<ImagePreparation | null> {
  const file = join(folder, "preprocessor_config.json");
  if (!(await exists(file))) return null;
  const content = await readJson(file);
  const config = parseConfig(schema, content, file);
  const foreign = Object.entries(config).find(([key, value]) => key.startsWith("do_") && value === true && !knownSteps.has(key));
  if (foreign)
    throw new Error(`${file}: ${foreign[0]}: this step is not done here; prepare the images with it and remove the key.`);
  const mean = config.do_normalize ? (config.image_mean ?? missing(file, "image_mean")) : [0];
  const deviation = config.do_normalize ? (config.image_std ?? missing(file, "image_std")) : [1];
  if (deviation.some((value) => value <= 0)) throw new Error(`${file}: image_std: standard deviations are above zero.`);
  const cropped = config.do_center_crop ? config.crop_size : null;
  const resized = config.do_resize ? config.size : null;
  return { file, rescale: config.do_rescale ? config.rescale_factor : 1, mean, deviation, size: cropped ?? resized ?? null };
}

function missing(file: string, key: string): never {
  throw new Error(`${file}: ${key}: missing, though do_normalize is on.`);
}
