import { describe, expect, test } from "vitest";
import { type BackendName, selectBackend } from "./backend.ts";
import { Parameters } from "./parameters.ts";
import { tf } from "./tf.ts";

test("automatic choice tells every backend that it passed over, and why", async () => {
  const { chosen, considered } = await selectBackend();
  expect(considered.at(-1)?.name).toBe(chosen);
  expect(tf.getBackend()).toBe(chosen);
  const order = ["tensorflow", "webgpu", "ort", "wasm", "cpu"];
  expect(considered.map(({ name }) => name)).toEqual(order.slice(0, considered.length));
  for (const { reason } of considered) expect(reason).not.toBe("");
});

test("without an accelerator the choice is ort", async () => {
  const { chosen, considered } = await selectBackend("auto");
  const accelerated = considered.some(({ name }) => name === chosen && (name === "tensorflow" || name === "webgpu"));
  expect(accelerated || chosen === "ort").toBe(true);
});

test.each(["ort", "wasm", "cpu"] satisfies BackendName[])("%s is chosen by name and computes", async (name) => {
  expect(await selectBackend(name)).toMatchObject({ chosen: name, considered: [{ name }] });
  const product = tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]]));
  expect(await product.data()).toEqual(Float32Array.of(11));
  product.dispose();
});

test("a backend asked for by name that does not load is an error that says why", async () => {
  await expect(selectBackend("webgpu")).rejects.toThrow(/The backend "webgpu" cannot be used: .*webgpu/);
});

test("a backend that does not exist is an error that lists those that do", async () => {
  await expect(selectBackend("cuda" as BackendName)).rejects.toThrow(
    'There is no backend "cuda"; choose auto, tensorflow, webgpu, ort, wasm, cpu.',
  );
});

describe.each(["ort", "wasm", "cpu"] satisfies BackendName[])("parameters on %s", (name) => {
  test("show a change in place after touch, also after the backend changed", async () => {
    await selectBackend(name);
    const values = Float32Array.of(1, 2);
    const parameters = new Parameters([["w", { shape: [2], values }]]);
    const read = () => Array.from(tf.tidy(() => tf.mul(parameters.tensor("w"), 10).dataSync()));
    expect(read()).toEqual([10, 20]);
    values[0] = 5;
    parameters.touch("w");
    expect(read()).toEqual([50, 20]);
    await selectBackend(name === "cpu" ? "ort" : "cpu");
    values[1] = 7;
    parameters.touch("w");
    expect(read()).toEqual([50, 70]);
    parameters.dispose();
    expect(() => parameters.tensor("v")).toThrow('The model has no tensor "v".');
  });
});
