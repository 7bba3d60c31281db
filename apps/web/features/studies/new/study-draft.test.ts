import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptyDraft } from "../../merge/draft.ts";
import { commandOf, readRow, readStudyDraft, type StudyDraft, studyDraftPath, writeRow } from "./study-draft.ts";

const draft: StudyDraft = {
  ...emptyDraft,
  base: "six/base@1",
  parents: [{ model: "six/spam@1", own: { weight: 0.4 } }],
  suite: "six/two",
  tune: [
    { name: "weight[0]", low: 0, high: 1, log: false },
    { name: "t{self_attn}", low: null, high: null, log: false },
  ],
  tasks: [],
  budget: 12,
  searchSeed: 3,
  parallel: 2,
  aggregate: "WORST",
};

describe("a draft of a study", () => {
  it("is read from the address it writes", () => {
    const query = new URLSearchParams(studyDraftPath(draft).split("?")[1]);
    expect(readStudyDraft(query)).toEqual(draft);
    expect(readStudyDraft(Object.fromEntries([...query.keys()].map((key) => [key, query.getAll(key)])))).toEqual(draft);
  });

  it("has a usual budget, and reads nonsense as nothing said", () => {
    expect(readStudyDraft({ budget: "many", score: "best" })).toMatchObject({ budget: 30, aggregate: "MEAN", tune: [] });
  });

  it("is a command line, quoted for a shell", () => {
    expect(commandOf(draft, "six/tuned")).toBe(
      "amalgam tune recipe.yaml --as six/tuned --suite six/two --tune 'weight[0]=0:1' --tune 't{self_attn}' --budget 12 --seed 3 --parallel 2 --aggregate worst",
    );
    expect(commandOf({ ...draft, tasks: ["six/spam"], tune: [] }, "six/tuned")).toContain("--tasks six/spam --budget 12");
  });
});

it("rows are read as they are written", () => {
  const bound = fc.option(fc.double({ min: -100, max: 100, noNaN: true, noDefaultInfinity: true }).map((value) => value + 0));
  const row = fc
    .record({
      name: fc.constantFrom("lambda", "weight", "weight[3]", "density[*]", "t{self_attn}"),
      low: bound,
      high: bound,
      log: fc.boolean(),
    })
    .map((each) => ({ ...each, log: each.log && (each.low !== null || each.high !== null) }));
  fc.assert(
    fc.property(row, (each) => {
      expect(readRow(writeRow(each))).toEqual(each);
    }),
  );
});
