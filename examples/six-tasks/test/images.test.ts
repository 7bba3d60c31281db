import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ImageNetwork, selectBackend, tf } from "@amalgam/engine/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PIXELS } from "../scripts/benchmark/images/digits.ts";
import { digitTasks, domains, quarterTurn, shown } from "../scripts/benchmark/images/domains.ts";
import { featuresByBatch, newTensors, openModel, pixelsOf, writeModel } from "../scripts/benchmark/images/network.ts";
import { reestimate } from "../scripts/benchmark/images/statistics.ts";
import { trainImages } from "../scripts/benchmark/images/train.ts";
import { seededRandom } from "../scripts/random.ts";

const random = seededRandom(3);
const images = Array.from({ length: 24 }, () => Float32Array.from({ length: PIXELS }, random));
let place: string;
let network: ImageNetwork;

beforeAll(async () => {
  await selectBackend("ort");
  place = await mkdtemp(join(tmpdir(), "images-"));
  await writeModel(place, newTensors(3, random), ["a", "b", "c"]);
  network = await openModel(place);
});

afterAll(async () => {
  network.dispose();
  await rm(place, { recursive: true });
});

const apart = (a: Float32Array, b: Float32Array): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));
const logitsByBatch = (): Float32Array =>
  tf.tidy(() =>
    network.layers
      .dense(
        "classifier",
        featuresByBatch(network, pixelsOf(images), () => {}),
      )
      .dataSync(),
  ) as Float32Array;
const logits = (): Float32Array => tf.tidy(() => network.logits(pixelsOf(images)).dataSync()) as Float32Array;

test("with statistics set anew from a batch, inference says of that batch what training does", () => {
  expect(apart(logits(), logitsByBatch())).toBeGreaterThan(0.01);
  reestimate(network, images);
  expect(apart(logits(), logitsByBatch())).toBeLessThan(1e-4);
});

test("training under a frozen head changes the trunk and leaves the head", () => {
  const before = network.parameters.names.map((name) => [name, network.parameters.values(name).slice()] as const);
  const items = Array.from({ length: 128 }, (_, i) => ({ input: images[i % 24] as Float32Array, label: i % 3 }));
  trainImages(network, items, { name: "test", epochs: 2, peakLearningRate: 1e-3, isHeadFrozen: true });
  for (const [name, values] of before) {
    if (name.startsWith("classifier.")) expect(network.parameters.values(name)).toEqual(values);
    if (name.endsWith(".weight") && name.startsWith("layers.")) expect(network.parameters.values(name)).not.toEqual(values);
  }
});

describe("domains", () => {
  const digit = { index: 5, digit: 7, pixels: images[0] as Float32Array };

  test("four quarters are a whole turn, and fewer are not", () => {
    const turned = [1, 2, 3, 4].reduce<Float32Array[]>((all) => [...all, quarterTurn(all.at(-1) ?? digit.pixels)], []);
    expect(turned[3]).toEqual(digit.pixels);
    for (const each of turned.slice(0, 3)) expect(each).not.toEqual(digit.pixels);
  });

  test("the same digit is always shown the same way, and differently in each domain", () => {
    const all = domains.map((domain) => shown(digit, domain).join());
    expect(domains.map((domain) => shown(digit, domain).join())).toEqual(all);
    expect(new Set(all).size).toBe(domains.length);
  });

  test("every label of a task has a digit", () => {
    for (const { labels, labelOf } of digitTasks) {
      expect([...new Set(Array.from({ length: 10 }, (_, each) => labelOf(each)))].sort()).toEqual([...labels.keys()]);
    }
  });
});
