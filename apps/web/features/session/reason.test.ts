import { expect, it } from "vitest";
import { reasonText } from "./reason.ts";

it("a first visit and a sign-out need no explanation", () => {
  expect(reasonText(undefined)).toBeNull();
  expect(reasonText("signed-out")).toBeNull();
});

it("an ended session, an expired link and a wrong token each say what to do", () => {
  expect(reasonText("ended")).toContain("session has ended");
  expect(reasonText("expired")).toContain("amalgam up");
  expect(reasonText("anything-else")).toContain("access-token");
});
