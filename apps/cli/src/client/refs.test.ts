import { expect, test } from "vitest";
import { parseRef } from "./refs.ts";

test("refs name a model and perhaps a number or alias", () => {
  expect(parseRef("acme/math")).toEqual({ namespace: "acme", name: "math", selector: null });
  expect(parseRef("acme/math@3")).toEqual({ namespace: "acme", name: "math", selector: "3" });
  expect(parseRef("six-tasks/base@champion")).toMatchObject({ namespace: "six-tasks", selector: "champion" });
});

test.each(["math", "../x", "a/b/c", "acme/", "/etc/passwd", "acme/math@", "acme/m\u202eath", "acme/..", ""])(
  "%j is refused",
  (text) => {
    expect(() => parseRef(text)).toThrow("is written namespace/name");
  },
);
