import { join } from "node:path";
import { expect, test } from "vitest";
import { readJson } from "./checkpoint-tensors.ts";
import { precompiledNormalizer } from "./precompiled-normalizer.ts";

const file = join(import.meta.dirname, "golden", "tokenizers", "t5_table.json");
const { normalizer } = (await readJson(file)) as { normalizer: { normalizers: { precompiled_charsmap?: string }[] } };
const table = normalizer.normalizers[0]?.precompiled_charsmap ?? "";
const normalize = precompiledNormalizer(table);

test("characters of the table are replaced, others stay", () => {
  expect(normalize("ﬁne ½\tＡbc")).toBe("fine 1⁄2 Abc");
  expect(normalize("joined\u200demoji 👩‍👩‍👧‍👦 中文")).toBe("joined\u200demoji 👩‍👩‍👧‍👦 中文");
  expect(normalize("")).toBe("");
});

test("a short grapheme is replaced as a whole, as the original does", () => {
  expect(normalize("e\u0301")).toBe("é");
  expect(normalize("Ａ\u0301")).toBe("A");
});

test("graphemes on the border of what is segmented at a time stay whole", () => {
  for (let before = 250; before < 260; before++) {
    const text = `${"é".repeat(before)}👩‍👩‍👧‍👦e\u0301${"中".repeat(300)}`;
    expect(normalize(text)).toBe(`${"é".repeat(before)}👩‍👩‍👧‍👦é${"中".repeat(300)}`);
  }
});

test("a table that is none is refused", () => {
  for (const broken of ["", "AAAA", "/////wAA", table.slice(0, 8)]) {
    expect(() => precompiledNormalizer(broken)).toThrow("precompiled_charsmap that is not one");
  }
});
