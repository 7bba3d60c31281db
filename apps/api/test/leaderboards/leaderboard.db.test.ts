import { countDisagreements, pairedDifference } from "@amalgam/engine/scores";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import { type Client, connectClient } from "../support/client.ts";
import { answers, type PlantedVersion, plantBoard } from "../support/plant-board.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";

const tasks = [
  { name: "spam", n: 400, expert: "spam" },
  { name: "genre", n: 333, expert: "genre" },
];
const parents = [{ name: "spam" }, { name: "genre" }];
const evenly = parents.map((parent) => ({ ...parent, coefficient: 0.5 }));
const versions: PlantedVersion[] = [
  { name: "base", kind: "BASE", skills: [0.3, 0.3] },
  { name: "spam", kind: "FINE_TUNED", skills: [0.9, 0.35], parents: [{ name: "base", role: "FINE_TUNED_FROM" }] },
  { name: "genre", kind: "FINE_TUNED", skills: [0.4, 0.8], parents: [{ name: "base", role: "FINE_TUNED_FROM" }] },
  { name: "average", kind: "MERGED", method: "linear", skills: [0.55, 0.5], parents: evenly },
  { name: "ties", kind: "MERGED", method: "ties", skills: [0.7, 0.66], parents },
  { name: "nearly", kind: "MERGED", method: "ties", skills: [0.695, 0.655], parents },
  { name: "fitted", kind: "MERGED", method: "fisher", skills: [0.8, 0.75], parents },
  { name: "half", kind: "MERGED", method: "slerp", skills: [0.8, null], parents },
];

let stack: TestDeps;
let server: Server;
let client: Client;

beforeAll(async () => {
  stack = await openTestDeps();
  await plantBoard(stack.deps.db, { namespace: "two", suite: "two", tasks, versions });
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
});

afterAll(async () => {
  await server?.close();
  await stack?.close();
});

interface Row {
  readonly title: string;
  readonly rank: number | null;
  readonly reference: string | null;
  readonly isKept: boolean;
  readonly tunedOn: readonly string[];
  readonly parents: readonly { readonly ref: string }[];
  readonly mean: number | null;
  readonly normalised: { readonly value: number; readonly low: number; readonly high: number } | null;
  readonly worst: { readonly taskName: string; readonly value: number; readonly ofExpert: number | null } | null;
}

const fields = `title rank reference isKept tunedOn tunedOnReasons { taskNames by ancestor sentence } parents { ref } mean normalised { value low high }
  worst { taskName value ofExpert task { name } } version { ref } scores { taskName value ofExpert task { title } evaluation { id n } }`;

const read = (args = "") =>
  client.ask<{ rows: Row[]; rowCount: number; kinds: string[]; methods: string[]; namespaces: string[] }>(
    `{ leaderboard(namespace: "two", suite: "two") { unit rowCount kinds methods namespaces rows${args} { ${fields} } } }`,
  );

const named = async (name: string, args = "") => {
  const row = (await read(args)).rows.find(({ title }) => title === `two/${name}@1`);
  if (!row) throw new Error(`no ${name}`);
  return row;
};

const bitsOf = (name: string) => {
  const index = versions.findIndex((version) => version.name === name);
  return tasks.map(({ n }, task) => ({
    n,
    bits: answers({ task: task + 1, version: index + 1 }, n, versions[index]?.skills[task] ?? 0).bits,
  }));
};

describe("a leaderboard", () => {
  test("ranks as pairs compared one by one do, and leaves references and partial rows unranked", async () => {
    const { rows } = await read();
    const ranked = rows.filter(({ rank }) => rank !== null);
    const names = ranked.map(({ title }) => title.slice(4, -2));
    expect(new Set(names)).toEqual(new Set(["fitted", "ties", "nearly", "average", "spam", "genre"]));
    let least = 1;
    names.forEach((name, i) => {
      const ahead = names.slice(0, i).filter((above) => pairedDifference(bitsOf(above), bitsOf(name)).low > 0).length;
      least = Math.max(least, 1 + ahead);
      expect(ranked[i]?.rank, name).toBe(least);
    });
    expect((await named("ties")).rank).toBe((await named("nearly")).rank);
    expect(await named("half")).toMatchObject({ rank: null, mean: null, normalised: null, worst: null });
    expect(rows.slice(-2).map(({ reference }) => reference)).toEqual(["EXPERTS", "BASE"]);
  });

  test("divides by the experts, and names the task where least is left of its own", async () => {
    const { rows } = await read();
    const experts = rows.find(({ reference }) => reference === "EXPERTS");
    expect(experts?.normalised).toEqual({ value: 1, low: 1, high: 1 });
    const { normalised, worst } = await named("spam");
    expect(worst).toMatchObject({ taskName: "genre", ofExpert: expect.closeTo((normalised?.value ?? 0) * 2 - 1, 9) });
    expect(normalised?.low).toBeLessThan(normalised?.value ?? 0);
    expect(normalised?.high).toBeGreaterThan(normalised?.value ?? 0);
  });

  test("keeps parents, the plain average and references beside what a filter leaves", async () => {
    const { rows } = await read('(filter: { text: "nearly" })');
    expect(rows.map(({ title, isKept }) => [title, isKept])).toEqual([
      ["two/nearly@1", false],
      ...["spam", "genre", "average"]
        .map((name) => `two/${name}@1`)
        .sort((a, b) => titlesByMean.indexOf(a) - titlesByMean.indexOf(b))
        .map((title) => [title, true]),
      ["Each expert on its own task", false],
      ["two/base@1", false],
    ]);
    expect(rows[0]?.parents).toEqual([{ ref: "two/spam@1" }, { ref: "two/genre@1" }]);
    expect(rows[0]?.rank, "as among all").toBe((await named("nearly")).rank);
  });

  let titlesByMean: string[] = [];
  beforeAll(async () => {
    titlesByMean = (await read()).rows.map(({ title }) => title);
  });

  test("says what can be filtered for, sorts by a task, and pages", async () => {
    const board = await read('(first: 2, offset: 1, sort: { by: TASK, task: "genre" })');
    expect(board).toMatchObject({
      rowCount: 7,
      kinds: ["FINE_TUNED", "MERGED"],
      methods: ["fisher", "linear", "slerp", "ties"],
      namespaces: ["two"],
    });
    const asked = board.rows.filter(({ isKept, reference }) => !isKept && reference === null);
    expect(asked.map(({ title }) => title)).toEqual(["two/fitted@1", "two/ties@1"]);
  });

  test.each([
    ["(first: 0)", "first must be 1 to 1000, not 0"],
    ["(first: 1001)", "first must be 1 to 1000, not 1001"],
    ["(offset: -1)", "offset must be 0 or more"],
    ['(sort: { by: TASK, task: "cats" })', 'no task \\"cats\\" to sort by'],
    ["(sort: { by: TASK })", "no task null to sort by"],
  ])("refuses rows%s by name", async (args, message) => {
    await expect(read(args)).rejects.toThrow(message);
  });

  test("marks a version tuned on a reported split and ranks it no longer, in whose absence others move up", async () => {
    const before = await named("ties");
    expect(await named("fitted")).toMatchObject({ rank: 1, tunedOn: [] });
    const record = (input: object) =>
      client.ask<{ message?: string; splitCount?: number }>(
        `mutation ($input: RecordTunedOnInput!) { recordTunedOn(input: $input) {
          ... on RecordTunedOnSuccess { splitCount version { ref } } ... on RefusedError { message } } }`,
        { input: { version: "two/fitted", namespace: "two", suite: "two", purpose: "REPORT", tasks: ["genre"], ...input } },
      );
    expect(await record({ tasks: ["cats"] })).toEqual({ message: 'The suite has no task "cats".' });
    expect(await record({ purpose: "SEARCH" })).toEqual({ message: "The task genre has no split for SEARCH." });
    expect(await record({ version: "two/nobody" })).toMatchObject({ message: expect.stringContaining("two/nobody") });
    expect(await record({ by: "study 1" })).toMatchObject({ splitCount: 1 });
    expect(await record({})).toMatchObject({ splitCount: 1 });
    const fitted = await named("fitted");
    expect(fitted).toMatchObject({ rank: null, tunedOn: ["genre"] });
    expect(fitted.mean, "it stays where it scores").toBeGreaterThan(before.mean ?? 1);
    expect((await read()).rows[0]?.title).toBe("two/fitted@1");
    expect((await named("ties")).rank).toBe(1);
    const { verdict } = await client.ask<{ verdict: { bestTitle: string } }>(
      `{ leaderboard(namespace: "two", suite: "two") { verdict { bestTitle overAverage { low } leadOfFirst { value } gainKept } } }`,
    );
    expect(verdict.bestTitle).toBe("two/ties@1");
  });

  test("marks what was made from a tuned version, however far below, and says why", async () => {
    const { db } = stack.deps;
    const version = (name: string) => db.modelVersion.findFirstOrThrow({ where: { model: { namespace: "two", name } } });
    const [fitted, nearly, ties] = await Promise.all(["fitted", "nearly", "ties"].map(version));
    if (!fitted || !nearly || !ties) throw new Error("not planted");
    const link = (parent: typeof fitted, child: typeof fitted) =>
      db.lineageEdge.create({
        data: {
          parentId: parent.id,
          childId: child.id,
          parentDigest: parent.digest ?? "",
          role: "PARENT" as const,
          position: 9,
        },
      });
    const edges = [await link(fitted, nearly), await link(nearly, ties)];
    const reason = {
      taskNames: ["genre"],
      by: "study 1",
      ancestor: "two/fitted@1",
      sentence: "Made from two/fitted@1, which was tuned on the report split of genre by study 1.",
    };
    for (const name of ["nearly", "ties"])
      expect(await named(name)).toMatchObject({ rank: null, tunedOn: ["genre"], tunedOnReasons: [reason] });
    expect(await named("fitted")).toMatchObject({
      tunedOnReasons: [{ ancestor: null, sentence: "Tuned on the report split of genre by study 1." }],
    });
    expect(await named("average"), "no descendant").toMatchObject({ tunedOn: [], tunedOnReasons: [], rank: expect.any(Number) });
    await db.lineageEdge.deleteMany({ where: { id: { in: edges.map(({ id }) => id) } } });
    expect(await named("ties")).toMatchObject({ rank: 1, tunedOn: [] });
  });
});

describe("a comparison of two versions", () => {
  const compare = (input: Record<string, string>) =>
    client.ask<{
      message?: string;
      faults?: { path: string[] }[];
      disagreements: number;
      mean: { value: number; low: number; high: number } | null;
      tasks: {
        task: { name: string };
        onlyFirst: number | null;
        onlySecond: number | null;
        difference: { value: number } | null;
      }[];
    }>(
      `query ($first: String!, $second: String!, $suite: String!) { compareVersions(first: $first, second: $second, namespace: "two", suite: $suite) {
        ... on Comparison { unit disagreements first { ref } second { ref } mean { value low high }
          tasks { task { name } lowerIsBetter first { value n } second { value } difference { value low high } onlyFirst onlySecond } }
        ... on RefusedError { message faults { path } } } }`,
      { suite: "two", ...input },
    );

  test("counts the examples that only one has right, as counted one by one", async () => {
    const [a, b] = [bitsOf("ties"), bitsOf("average")];
    const { tasks: compared, mean, disagreements } = await compare({ first: "two/ties", second: "two/average@1" });
    const counted = a.map((bits, i) => countDisagreements(bits, b[i] ?? bits));
    expect(compared.map(({ onlyFirst, onlySecond }) => [onlyFirst, onlySecond])).toEqual(
      counted.map(({ onlyFirst, onlySecond }) => [onlyFirst, onlySecond]),
    );
    expect(disagreements).toBe(counted.reduce((sum, { onlyFirst, onlySecond }) => sum + onlyFirst + onlySecond, 0));
    const expected = pairedDifference(a, b);
    expect(mean).toEqual({
      value: expect.closeTo(expected.value, 12),
      low: expect.closeTo(expected.low, 12),
      high: expect.closeTo(expected.high, 12),
    });
  });

  test("of a version with itself is about nothing", async () => {
    expect(await compare({ first: "two/ties", second: "two/ties" })).toMatchObject({ disagreements: 0, mean: { value: 0 } });
  });

  test("leaves out a task that one is not scored on", async () => {
    const { tasks: compared, mean } = await compare({ first: "two/half", second: "two/ties" });
    expect(compared.map(({ difference }) => difference === null)).toEqual([false, true]);
    expect(mean?.value).toBeCloseTo(compared[0]?.difference?.value ?? 0, 12);
  });

  test.each([
    [{ first: "two/nobody", second: "two/ties" }, [["first"]]],
    [{ first: "two/nobody", second: "\u0000" }, [["first"], ["second"]]],
    [{ first: "two/ties", second: "two/ties", suite: "none" }, [["suite"]]],
  ])("refuses %o", async (input, paths) => {
    expect((await compare(input)).faults?.map(({ path }) => path)).toEqual(paths);
  });
});

describe("a comparison of several versions", () => {
  const compare = (versions: string[], suite = "two") =>
    client.ask<{
      message?: string;
      faults?: { path: string[] }[];
      members: {
        version: { ref: string };
        overFirst: object | null;
        sharedTasks: number;
        tunedOnReasons: { sentence: string }[];
      }[];
      tasks: { cells: { score: { value: number } | null; overFirst: { value: number; low: number; high: number } | null }[] }[];
    }>(
      `query ($versions: [String!]!, $suite: String!) { compareGroup(versions: $versions, namespace: "two", suite: $suite) {
        ... on GroupComparison { unit members { version { ref } sharedTasks overFirst { value low high } tunedOnReasons { sentence } }
          tasks { task { name } lowerIsBetter cells { score { value n } overFirst { value low high } } } }
        ... on RefusedError { message faults { path } } } }`,
      { versions, suite },
    );

  test("sets each against the first, as pairs compared one by one do", async () => {
    const names = ["average", "ties", "fitted", "spam"];
    const { members, tasks: compared } = await compare(names.map((name) => `two/${name}`));
    expect(members.map(({ version }) => version.ref)).toEqual(names.map((name) => `two/${name}@1`));
    expect(members[0]).toMatchObject({ overFirst: null });
    for (const [i, name] of names.entries()) {
      if (i === 0) continue;
      const { value, low, high } = pairedDifference(bitsOf(name), bitsOf("average"));
      const close = { value: expect.closeTo(value, 12), low: expect.closeTo(low, 12), high: expect.closeTo(high, 12) };
      expect(members[i]?.overFirst, name).toEqual(close);
      bitsOf(name).forEach((bits, task) => {
        const alone = pairedDifference([bits], [bitsOf("average")[task] ?? bits]);
        expect(compared[task]?.cells[i]?.overFirst?.low).toBeCloseTo(alone.low, 12);
      });
    }
    expect(members[2]?.tunedOnReasons, "marked as on the leaderboard").toEqual([
      { sentence: "Tuned on the report split of genre by study 1." },
    ]);
  });

  test("leaves a gap where a score is missing", async () => {
    const { members, tasks: compared } = await compare(["two/ties", "two/half", "two/average"]);
    expect(compared.map(({ cells }) => cells[1]?.score === null)).toEqual([false, true]);
    expect(compared[1]?.cells[1]?.overFirst).toBeNull();
    expect(members.map(({ sharedTasks }) => sharedTasks)).toEqual([0, 1, 2]);
  });

  test.each([
    [["two/ties"], "two", "2 to 6 versions, not 1", ["versions"]],
    [["a", "b", "c", "d", "e", "f", "g"], "two", "2 to 6 versions, not 7", ["versions"]],
    [["two/ties", "two/average", "two/ties@1"], "two", '"two/ties@1" is the same version as "two/ties"', ["versions", "2"]],
    [["two/ties", "two/nobody"], "two", 'no version "two/nobody"', ["versions", "1"]],
    [["two/ties", "two/average"], "none", "no suite two/none", ["suite"]],
  ])("refuses %j on %s", async (versions, suite, message, path) => {
    const answer = await compare(versions, suite);
    expect(answer.message).toContain(message.replaceAll("\\", ""));
    expect(answer.faults?.[0]?.path).toEqual(path);
  });
});
