import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { selectBackend } from "../runtime/index.ts";
import { fisherGrids } from "./fisher-grids.ts";
import { checkLaboratory, forecastLaboratory } from "./forecast-laboratory.ts";
import { openLaboratory } from "./laboratory.ts";

const fixtures = join(import.meta.dirname, "../../../../examples/six-tasks/fixtures");
const [base, ...experts] = ["base", "spam", "era", "pos"].map((name) => join(fixtures, name));
const plan = { base: base ?? "", experts, points: 3 };

beforeAll(() => selectBackend("ort"));

const bytesOf = (maps: readonly ReadonlyMap<string, Float32Array>[]): number =>
  maps.flatMap((map) => [...map.values()]).reduce((sum, values) => sum + values.byteLength, 0);

test("what headers forecast is what an open laboratory and its grids hold", async () => {
  const laboratory = await openLaboratory(
    plan.base,
    experts.map((model) => ({ name: model, model })),
  );
  const examples = experts.map(() => [{ input: [2, 7, 3] }]);
  const deltas = laboratory.experts.map(({ delta }) => delta);
  const grids = await fisherGrids(laboratory, deltas, examples, { lambdas: [0, 0.5, 1] });
  const networks = laboratory.experts.map(
    ({ network: { parameters } }) => new Map(parameters.names.map((name) => [name, parameters.values(name)])),
  );
  const { modelBytes, fisherBytes, workBytes, totalBytes } = await forecastLaboratory(plan);
  const held = bytesOf([laboratory.base, ...networks, ...laboratory.experts.flatMap(({ weights, delta }) => [weights, delta])]);
  const measured = bytesOf(grids.flat().map(({ fisher }) => fisher as ReadonlyMap<string, Float32Array>));
  // Heads stand in the files of the experts, and in no trunk.
  expect(modelBytes / held).toBeGreaterThanOrEqual(1);
  expect(modelBytes / held).toBeLessThan(1.02);
  expect(fisherBytes / measured).toBeGreaterThanOrEqual(1);
  expect(fisherBytes / measured).toBeLessThan(1.02);
  expect(totalBytes).toBe(modelBytes + fisherBytes + workBytes);
  laboratory.dispose();
});

test("a refusal names need, limit and the largest grid that fits, and that grid is then taken", async () => {
  const { totalBytes } = await forecastLaboratory({ ...plan, points: 8 });
  await expect(checkLaboratory({ ...plan, points: 8 }, totalBytes)).resolves.toBeUndefined();
  const less = (await forecastLaboratory({ ...plan, points: 6 })).totalBytes;
  const refused = checkLaboratory({ ...plan, points: 8 }, less);
  await expect(refused).rejects.toThrow(/about 1\d\d MB .*Fisher information of each at 8 λ .* MB may be used/);
  await expect(refused).rejects.toThrow(`With a grid of 6 λ it needs ${(less / 1e6).toPrecision(3)} MB.`);
  await expect(checkLaboratory({ ...plan, points: 6 }, less)).resolves.toBeUndefined();
});

test("where no grid fits it tells of statistics on disk; trimming takes another task vector of each", async () => {
  await expect(checkLaboratory(plan, 1000)).rejects.toThrow("amalgam statistics fisher --base --lambda");
  const [whole, trimmed] = [await forecastLaboratory(plan), await forecastLaboratory({ ...plan, isTrimmed: true })];
  expect(trimmed.modelBytes - whole.modelBytes).toBe(whole.fisherBytes / plan.points);
});
