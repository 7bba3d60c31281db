import { randomUUID } from "node:crypto";
import { PrismaPg } from "@prisma/adapter-pg";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../../../../../tests/support/index.ts";
import { PrismaClient, type RunState } from "../../generated/prisma/client.ts";
import { isTerminal, moveRun, moves } from "./run.state.ts";

let db: PrismaClient;
let versionId: string;

beforeAll(async () => {
  db = new PrismaClient({ adapter: new PrismaPg({ connectionString: await freshDatabase(), max: 3 }) });
  const model = await db.model.create({ data: { namespace: "state", name: "machine" } });
  versionId = (await db.modelVersion.create({ data: { modelId: model.id, number: 1, kind: "BASE" } })).id;
});

afterAll(() => db?.$disconnect());

interface Model {
  state: RunState;
  lease: string | null;
}

/** One attempt to move: by the holder of the lease, by a stranger, or by nobody in particular. */
class MoveCommand implements fc.AsyncCommand<Model, string> {
  readonly to: RunState;
  readonly by: "holder" | "stranger" | "anyone";
  constructor(to: RunState, by: "holder" | "stranger" | "anyone") {
    this.to = to;
    this.by = by;
  }
  check = () => true;
  toString = () => `${this.by} moves to ${this.to}`;

  async run(model: Model, id: string): Promise<void> {
    const lease = this.by === "anyone" ? undefined : this.by === "stranger" ? "stranger" : (model.lease ?? "nobody");
    const taken = randomUUID();
    const fields =
      this.to === "RUNNING" ? { lease: taken } : this.to === "FAILED" ? { failureCode: "X", failureMessage: "x" } : {};
    const moved = await moveRun(db, { id, to: this.to, now: new Date(), ...(lease === undefined ? {} : { lease }) }, fields);
    const mayMove = moves[model.state].includes(this.to) && (lease === undefined || lease === model.lease);
    expect(moved).toBe(mayMove);
    if (mayMove) {
      model.state = this.to;
      if (this.to === "RUNNING") model.lease = taken;
      else if (this.to !== "CANCELLING") model.lease = null;
    }
    // The database's own checks hold the rest: finishedAt, lease and failure belong to their states.
    const row = await db.run.findUniqueOrThrow({ where: { id } });
    expect({
      state: row.state,
      lease: row.lease,
      isFinished: row.finishedAt !== null,
      hasFailed: row.failureCode !== null,
    }).toEqual({
      state: model.state,
      lease: model.lease,
      isFinished: isTerminal(model.state),
      hasFailed: model.state === "FAILED",
    });
  }
}

test("whatever is asked in whatever order, a run only makes allowed moves, and only for the holder of its lease", async () => {
  const states = Object.keys(moves) as RunState[];
  const commands = fc.commands(
    [
      fc
        .tuple(fc.constantFrom(...states), fc.constantFrom("holder" as const, "stranger" as const, "anyone" as const))
        .map(([to, by]) => new MoveCommand(to, by)),
    ],
    { maxCommands: 30 },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (sequence) => {
      const run = await db.run.create({ data: { kind: "VERIFICATION", title: "t", versionId } });
      await fc.asyncModelRun(() => ({ model: { state: "QUEUED", lease: null } as Model, real: run.id }), sequence);
    }),
    { numRuns: 40 },
  );
});

test("of many workers that claim a run at the same moment, the last one holds it and the others cannot end it", async () => {
  const { id } = await db.run.create({ data: { kind: "VERIFICATION", title: "t", versionId } });
  const leases = Array.from({ length: 8 }, () => randomUUID());
  await Promise.all(leases.map((lease) => moveRun(db, { id, to: "RUNNING", now: new Date() }, { lease })));
  const ends = await Promise.all(leases.map((lease) => moveRun(db, { id, to: "SUCCEEDED", lease, now: new Date() })));
  expect(ends.filter(Boolean)).toHaveLength(1);
});

test.each([
  ["a finished run without a time", { state: "SUCCEEDED" as const }],
  ["a failed run without a reason", { state: "FAILED" as const, finishedAt: new Date() }],
  ["a running run that nobody holds", { state: "RUNNING" as const }],
  ["a progress above 1", { progress: 1.5 }],
])("the database refuses %s", async (_what, data) => {
  const { id } = await db.run.create({ data: { kind: "VERIFICATION", title: "t", versionId } });
  await expect(db.run.update({ where: { id }, data })).rejects.toThrow(/constraint/);
});
