import { expect, it } from "vitest";
import { faultAt, fieldIdsOf, placeWords } from "./fault-place.ts";

const fault = { path: ["recipe", "parents", "1", "density", "0"] };

it("faults point at rows and fields, counted from one", () => {
  expect(placeWords(fault)).toBe("parents › 2 › density › 1");
  expect(faultAt([fault], ["parents", "1"])).toBe(fault);
  expect(faultAt([fault], ["parents", "1", "density"])).toBe(fault);
  expect(faultAt([fault], ["parents", "1", "weight"])).toBeUndefined();
  expect(faultAt([fault], ["parents", "0"])).toBeUndefined();
  expect(faultAt([{ path: ["base"] }], ["parents", "0"])).toBeUndefined();
});

it("a fault knows its control, else the row around it", () => {
  expect(fieldIdsOf(fault)).toEqual(["at-parents-1-density-0", "at-parents-1-density", "at-parents-1", "at-parents"]);
  expect(fieldIdsOf({ path: [] })).toEqual([]);
});
