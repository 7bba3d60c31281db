import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { selectBackend } from "./backend.ts";
import { toPixels } from "./image-input.ts";
import { type ImagePreparation, loadImagePreparation } from "./image-preparation.ts";
import { tf } from "./tf.ts";

let folder = "";
beforeAll(() => selectBackend("cpu"));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "images-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function load(config: object): Promise<ImagePreparation | null> {
  await writeFile(join(folder, "preprocessor_config.json"), JSON.stringify(config));
  return loadImagePreparation(folder);
}

function pixels(...args: Parameters<typeof toPixels>): { shape: number[]; values: number[] } {
  const tensor = toPixels(...args);
  const values = [...tensor.dataSync()].map((value) => Math.round(value * 1e4) / 1e4);
  tensor.dispose();
  return { shape: tensor.shape, values };
}

const vit = {
  do_resize: true,
  size: { height: 1, width: 2 },
  do_normalize: true,
  image_mean: [0.5, 0.5],
  image_std: [0.5, 0.25],
};

test("bytes are rescaled, then normalised by channel", async () => {
  const images = { values: Float32Array.of(0, 255, 51, 102), isBytes: true, shape: [1, 1, 2, 2] };
  // x/255 = 0, 1, 0.2, 0.4
  expect(pixels(images, [1, 2, 2], await load(vit))).toEqual({ shape: [1, 1, 2, 2], values: [-1, 2, -0.6, -0.4] });
});

test("floats from 0 to 1 are normalised only, and channels may come first", async () => {
  const images = { values: Float32Array.of(0, 0.2, 1, 0.4), isBytes: false, shape: [1, 2, 1, 2] };
  expect(pixels(images, [1, 2, 2], { ...((await load(vit)) as ImagePreparation) }).values).toEqual([-1, 2, -0.6, -0.4]);
  const first = { values: Float32Array.of(0, 0.2, 0.5, 1, 0.4, 0.5), isBytes: false, shape: [1, 2, 1, 3] };
  const preparation = await load({ ...vit, size: { height: 1, width: 3 } });
  expect(pixels(first, [1, 3, 2], preparation)).toEqual({ shape: [1, 1, 3, 2], values: [-1, 2, -0.6, -0.4, 0, 0] });
});

test("the older form of CLIP: sizes as numbers, cropping after resizing, one mean for all", async () => {
  const old = {
    do_resize: true,
    size: 8,
    do_center_crop: true,
    crop_size: 2,
    do_normalize: true,
    image_mean: 0.5,
    image_std: 0.5,
  };
  expect(await load(old)).toMatchObject({ size: [2, 2], rescale: 1 / 255, mean: [0.5], deviation: [0.5] });
  expect(await load({ do_resize: true, size: { shortest_edge: 4 } })).toMatchObject({ size: [4, 4], mean: [0], deviation: [1] });
});

test("without a file numbers go in as they are", async () => {
  expect(await loadImagePreparation(folder)).toBeNull();
  expect(pixels({ values: Float32Array.of(-3, 700), isBytes: false, shape: [2, 1, 1, 1] }, [null, null, 1], null).values).toEqual(
    [-3, 700],
  );
});

test.each([
  ["a step that is not done here", { ...vit, do_flip_channel_order: true }, "preprocessor_config.json: do_flip_channel_order: "],
  ["a hostile size", { ...vit, size: { height: 1e9, width: 2 } }, "preprocessor_config.json: size"],
  ["no mean", { ...vit, image_mean: null }, "preprocessor_config.json: image_mean: missing"],
  ["a deviation of zero", { ...vit, image_std: [0, 1] }, "preprocessor_config.json: image_std: "],
])("%s is refused by name", async (_, config, message) => {
  await expect(load(config)).rejects.toThrow(message);
});

test("another size, another shape, too few means and floats beyond 1 are refused", async () => {
  const preparation = await load(vit);
  const bytes = (shape: number[]) => ({ values: new Float32Array(shape.reduce((a, b) => a * b, 1)), isBytes: true, shape });
  expect(() => toPixels(bytes([1, 3, 3, 2]), [null, null, 2], preparation)).toThrow(
    "preprocessor_config.json: size: asks for images of 1 × 2; these are 3 × 3, and nothing is resized here.",
  );
  expect(() => toPixels(bytes([1, 5, 5, 5]), [1, 2, 2], null)).toThrow(
    "an example has the shape [5, 5, 5]; the model takes [1, 2, 2] or [2, 1, 2].",
  );
  expect(() => toPixels(bytes([1, 1, 2, 3]), [1, 2, 3], preparation)).toThrow(
    "image_mean: has 2 numbers for images of 3 channels.",
  );
  const floats = { values: Float32Array.of(0, 1.5, 0, 0), isBytes: false, shape: [1, 1, 2, 2] };
  expect(() => toPixels(floats, [1, 2, 2], preparation)).toThrow("give it bytes, or floats from 0 to 1; one of them is 1.5.");
  expect(tf.memory().numTensors).toBe(0);
});
