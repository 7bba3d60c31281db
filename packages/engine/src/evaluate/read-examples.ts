import { describe, type JsonLine, readJsonLines, textAt } from "./json-lines.ts";

/** One text of a classification task; `label` is the index of its class. */
export interface Example {
  readonly text: string;
  readonly label: number;
}

/** One question with its own choices; `answer` is the index of the right one. */
export interface ChoiceExample {
  readonly context: string;
  readonly choices: readonly string[];
  readonly answer: number;
}

/** One prompt and the answers that count as right. */
export interface AnswerExample {
  readonly input: string;
  readonly answers: readonly string[];
}

/**
 * Reads a split of labelled texts: JSON Lines of `{"text": …, "label": …}`, from a file or from its bytes. Other keys are ignored.
 * Throws an Error that names the line and what is wrong with it; a split without examples is an error too.
 */
export function readExamples(source: string | Uint8Array, labels: readonly string[]): Example[] {
  return readJsonLines(source, "text and label").map((line) => ({
    text: textAt(line, "text"),
    label: indexAt(line, "label", labels.length, "the task has the labels"),
  }));
}

/** Reads `{"context": …, "choices": [… , …], "answer": index}` lines; see `readExamples`. */
export function readChoiceExamples(source: string | Uint8Array): ChoiceExample[] {
  return readJsonLines(source, "context, choices and answer").map((line) => {
    const { context, choices } = line.value;
    if (typeof context !== "string") throw new Error(`${line.where}context is ${describe(context)}; it should be a text.`);
    if (!isTexts(choices) || choices.length < 2)
      throw new Error(
        `${line.where}choices is ${describe(choices)}; it should be a list of at least two texts, none of them empty.`,
      );
    return { context, choices, answer: indexAt(line, "answer", choices.length, "the example has the choices") };
  });
}

/** Reads `{"input": …, "target": text or list of texts}` lines; see `readExamples`. */
export function readAnswerExamples(source: string | Uint8Array): AnswerExample[] {
  return readJsonLines(source, "input and target").map((line) => {
    const { target } = line.value;
    const answers = Array.isArray(target) ? target : [target];
    if (!isTexts(answers) || answers.length === 0)
      throw new Error(`${line.where}target is ${describe(target)}; it should be a text that is not empty, or a list of such.`);
    return { input: textAt(line, "input"), answers };
  });
}

/** Reads `{"text": …}` lines, each a document; see `readExamples`. */
export function readDocuments(source: string | Uint8Array): string[] {
  return readJsonLines(source, "text").map((line) => textAt(line, "text"));
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string" && each.trim() !== "");

function indexAt({ value, where }: JsonLine, key: string, count: number, what: string): number {
  const index = value[key];
  if (typeof index === "number" && Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new Error(`${where}${key} is ${describe(index)}; ${what} 0 to ${count - 1}.`);
}
