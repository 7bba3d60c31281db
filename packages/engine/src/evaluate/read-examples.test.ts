import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readExamples } from "./read-examples.ts";

const labels = ["ham", "spam"];
const read = (content: string | Uint8Array) => readExamples(typeof content === "string" ? Buffer.from(content) : content, labels);

test("one example a line, other keys and blank lines left out, whatever ends the lines", () => {
  const content = '\ufeff{"text":"win now","label":1,"id":7}\r\n\r\n{"text":"über ☕","label":0}\n \n';
  expect(read(content)).toEqual([
    { text: "win now", label: 1 },
    { text: "über ☕", label: 0 },
  ]);
});

test("from a file, whose name is in the errors", () => {
  const dir = mkdtempSync(join(tmpdir(), "examples-"));
  const file = join(dir, "test.jsonl");
  writeFileSync(file, '{"text":"a","label":0}\n{"text":"b"}\n');
  expect(() => readExamples(file, labels)).toThrow(`${file}: line 2: label is missing; the task has the labels 0 to 1.`);
  rmSync(dir, { recursive: true });
});

describe("a fault is named with its line", () => {
  test.each([
    ['{"text":"a","label":2}', "line 1: label is 2; the task has the labels 0 to 1."],
    ['{"text":"a","label":-1}', "line 1: label is -1;"],
    ['{"text":"a","label":0.5}', "line 1: label is 0.5;"],
    ['{"text":"a","label":"spam"}', 'line 1: label is "spam";'],
    ['{"text":"a","label":null}', "line 1: label is null;"],
    ['{"text":"a","label":0}\n{"label":0}', "line 2: text is missing;"],
    ['{"text":"a","label":0}\n\n{"text":5,"label":0}', "line 3: text is 5;"],
    ['{"text":"  ","label":0}', 'line 1: text is "  ";'],
    ['{"text":"a","label":0}\n{"text":"b",', "line 2: not JSON."],
    ["[1]", "line 1: not an object with text and label."],
    ["null", "line 1: not an object with text and label."],
    ["text,label\na,0", "line 1: not JSON."],
  ])("%s", (content, message) => {
    expect(() => read(content)).toThrow(message);
  });

  test.each([
    ["a binary file", Uint8Array.of(0x50, 0x4b, 3, 4, 0xff, 0xfe)],
    ["Latin-1", Uint8Array.from(Buffer.from('{"text":"\xfcber","label":0}', "latin1"))],
  ])("%s", (_, bytes) => {
    expect(() => read(bytes)).toThrow("line 1 is not UTF-8 text; a split is JSON Lines.");
  });

  test("binary amid text, by its line", () => {
    const good = Buffer.from('{"text":"a","label":0}\n');
    expect(() => read(Buffer.concat([good, good, Buffer.of(0xff, 0x0a), good]))).toThrow("line 3 is not UTF-8 text");
  });

  test.each(["", "\n \n"])("a split without examples: %j", (content) => {
    expect(() => read(content)).toThrow("the split has no examples.");
  });
});
