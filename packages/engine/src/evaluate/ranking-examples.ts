import { type ChoiceExample, readExamples } from "./read-examples.ts";

/** Labelled texts as questions whose choices are the task's labels. */
export function rankingExamples(source: string | Uint8Array, labels: readonly string[], prompt: string): ChoiceExample[] {
  return readExamples(source, labels).map(({ text, label }) => ({
    context: prompt.replaceAll("{text}", () => text),
    choices: labels,
    answer: label,
  }));
}
