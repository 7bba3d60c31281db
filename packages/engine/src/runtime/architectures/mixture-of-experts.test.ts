import { softmaxCrossEntropy } from "@amalgam/tfjs-backend-ort";
import { beforeAll, expect, test } from "vitest";
import { openGolden, readGolden } from "../../../test/parity.ts";
import { selectBackend } from "../backend.ts";
import { withGradients } from "../gradients.ts";
import { padBatch } from "../token-batch.ts";
import { bestExperts } from "./mixture-of-experts.ts";

beforeAll(() => selectBackend("ort"));

test("the best experts come first, equal ones in their order", () => {
  const scores = Float32Array.of(0, 3, 1, 2, 5, 5, 5, 5, -1, -2, -1, 0);
  expect([...bestExperts(scores, { experts: 4, chosen: 2 })]).toEqual([1, 3, 0, 1, 3, 0]);
  expect([...bestExperts(scores, { experts: 4, chosen: 4 })]).toEqual([1, 3, 2, 0, 0, 1, 2, 3, 3, 0, 2, 1]);
});

test("an expert that no token chose does not run and gets no gradient, and the router gets one", async () => {
  const network = await openGolden(await readGolden("mixtral"));
  if (network.input !== "tokens") throw new Error("not a text network");
  const { parameters } = network;
  const block = "model.layers.1.block_sparse_moe";
  const isOfExpert = (expert: number) => (name: string) => name.startsWith(`${block}.experts.${expert}.`);
  const loss = () => softmaxCrossEntropy(network.logits(padBatch([[9]]), Int32Array.of(0)), Int32Array.of(3));
  withGradients(parameters, parameters.names, loss, (_, gradients) => {
    const names = [...gradients.keys()];
    expect([0, 1, 2, 3].map((expert) => names.filter(isOfExpert(expert)).length).sort()).toEqual([0, 0, 3, 3]);
    expect(names).toContain(`${block}.gate.weight`);
  });
  network.dispose();
});
