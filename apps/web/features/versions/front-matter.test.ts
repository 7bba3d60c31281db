import { expect, it } from "vitest";
import { withoutFrontMatter } from "./front-matter.ts";

it("a card loses the YAML in front of it and nothing else", () => {
  expect(withoutFrontMatter("---\nlicense: apache-2.0\n---\n# Spam\n\n---\n\nend")).toBe("# Spam\n\n---\n\nend");
  expect(withoutFrontMatter("# Spam\n---\nnot: yaml\n---\n")).toBe("# Spam\n---\nnot: yaml\n---\n");
});
