import { expect, it } from "vitest";
import { isAboutParent, placeWords } from "./fault-place.ts";

it("faults point at rows, counted from one", () => {
  const fault = { path: ["recipe", "parents", "1", "weight"] };
  expect(placeWords(fault)).toBe("parents › 2 › weight");
  expect(isAboutParent(fault, 1)).toBe(true);
  expect(isAboutParent(fault, 0)).toBe(false);
  expect(isAboutParent({ path: ["base"] }, 0)).toBe(false);
});
