import { describe, expect, test } from "vitest";
import { chatTemplateOf, chatTemplatePolicy, chooseChatTemplate } from "./chat-template.ts";
import { fileOf } from "./test/tokenizer-samples.ts";

describe("the template of a model", () => {
  const config = (template: unknown) => fileOf("tokenizer_config.json", { chat_template: template });

  test("is the file, else the text in the configuration, else the one named default", () => {
    expect(chatTemplateOf([fileOf("chat_template.jinja", "{{ file }}"), config("{{ a }}")], "x")).toBe("{{ file }}");
    expect(chatTemplateOf([config("{{ a }}")], "x")).toBe("{{ a }}");
    const named = [
      { name: "tool_use", template: "{{ t }}" },
      { name: "default", template: "{{ d }}" },
    ];
    expect(chatTemplateOf([config(named)], "x")).toBe("{{ d }}");
    expect(chatTemplateOf([config(7)], "x")).toBe(null);
    expect(chatTemplateOf([], "x")).toBe(null);
  });
});

describe("auto", () => {
  test("takes the most common", () => {
    expect(chooseChatTemplate("auto", ["a", "b", "b", null], 0)).toBe("b");
  });

  test("among equally common ones takes the base's, else the first", () => {
    expect(chooseChatTemplate("auto", ["a", "b"], 1)).toBe("b");
    expect(chooseChatTemplate("auto", ["a", "b", null], 2)).toBe("a");
    expect(chooseChatTemplate("auto", [null, null], 0)).toBe(null);
  });
});

test("a template in the recipe stands, and nothing keeps the owner's", () => {
  expect(chooseChatTemplate("{{ x }}", ["a"], 0)).toBe("{{ x }}");
  expect(chooseChatTemplate(null, ["a"], 0)).toBe(null);
});

test("built-in names are refused by name, and so is what is no template", () => {
  for (const name of ["alpaca", "chatml", "llama3", "mistral", "exaone"])
    expect(() => chatTemplatePolicy.parse(name)).toThrow(`The built-in chat template ${name} is not supported`);
  expect(() => chatTemplatePolicy.parse("vicuna")).toThrow("Jinja");
  expect(chatTemplatePolicy.parse("auto")).toBe("auto");
  expect(chatTemplatePolicy.parse("{% for m in messages %}{% endfor %}")).toContain("messages");
});
