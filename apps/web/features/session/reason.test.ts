import { expect, it } from "vitest";
import { reasonText } from "./reason.ts";

it("a first visit and a sign-out need no explanation", () => {
  expect(reasonText(undefined)).toBeNull();
  expect(reasonText("signed-out")).toBeNull();
});

it("an ended session and a wrong or expired token each say what to do", () => {
  expect(reasonText("ended")).toContain("session has ended");
  expect(reasonText("wrong")).toContain("access-token");
  expect(reasonText("anything-else")).toContain("amalgam up");
});
