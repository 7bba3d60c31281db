import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { logProbabilityOf } from "../src/evaluate/external/completions.ts";
import { evaluate, isCorrect } from "../src/evaluate/index.ts";

interface Question {
  readonly model: string;
  readonly prompt: string;
  readonly echo?: boolean;
}

/** A server as vLLM answers: one token a letter; the log-probability of a letter is minus its place in the alphabet. */
let server: Server;
let endpoint = "";
let folder = "";
let answer: (question: Question, response: ServerResponse) => void;
const asked: { question: Question; authorization: string | undefined }[] = [];

const lettersOf = ({ prompt, echo }: Question) => {
  const tokens = [...prompt, "z"];
  const logprobs = {
    tokens,
    token_logprobs: tokens.map((letter, index) => (index === 0 ? null : -(letter.charCodeAt(0) % 97) - 1)),
    text_offset: tokens.map((_, index) => index),
  };
  return { choices: [{ text: echo ? `${prompt}z` : ` ${prompt.toUpperCase()}`, ...(echo ? { logprobs } : {}) }] };
};
const send = (response: ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "evaluate-endpoint-"));
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const question = JSON.parse(Buffer.concat(chunks).toString()) as Question;
      asked.push({ question, authorization: request.headers.authorization });
      if (request.url === "/v1/completions") answer(question, response);
      else send(response, {}, 404);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  const choices = [
    { context: "a", choices: ["bb", "c", "zz"], answer: 0 },
    { context: "a", choices: ["zz", "yy"], answer: 0 },
  ];
  const answers = [
    { input: "b", target: "b" },
    { input: "b", target: "no" },
  ];
  await writeFile(join(folder, "choices.jsonl"), choices.map((each) => JSON.stringify(each)).join("\n"));
  await writeFile(join(folder, "answers.jsonl"), answers.map((each) => JSON.stringify(each)).join("\n"));
});
beforeEach(() => {
  asked.length = 0;
  answer = (question, response) => send(response, lettersOf(question));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const chosen = (settings: object = {}, change: object = {}) =>
  evaluate({
    kind: "multiple-choice",
    model: "served",
    data: join(folder, "choices.jsonl"),
    settings,
    source: { endpoint, key: "sk-test", ...change },
  });

test("choices are ranked by the log-probabilities of their own tokens", async () => {
  const { correct, value, n } = await chosen();
  // Seam and letters: "bb" (-2 -2), "c" (-3), "zz" (-26 -26), by token; the seam is the same for all. "yy" beats "zz".
  expect([value, n]).toEqual([0.5, 2]);
  expect(isCorrect(correct ?? new Uint8Array(1), 0)).toBe(true);
  expect(isCorrect(correct ?? new Uint8Array(1), 1)).toBe(false);
  expect(asked[0]).toMatchObject({ question: { model: "served", echo: true }, authorization: "Bearer sk-test" });
});

test("what counts are the tokens of the continuation, and no other", async () => {
  const echoing = { endpoint, model: "served", signal: undefined };
  expect(await logProbabilityOf(echoing, "ab", "cd")).toEqual({ sum: -3 - 4, tokens: 2 });
});

test("division matters: by the sum alone the shorter choice wins", async () => {
  expect(isCorrect((await chosen({ normalise: "none", separator: "" })).correct ?? new Uint8Array(1), 0)).toBe(false);
});

test("exact match compares what the model writes", async () => {
  const score = await evaluate({
    kind: "exact-match",
    model: "served",
    data: join(folder, "answers.jsonl"),
    source: { endpoint },
  });
  expect(score).toMatchObject({ value: 0.5, n: 2, metric: "exact_match", interval: "wilson" });
});

test("a busy server is asked again", async () => {
  let turns = 0;
  answer = (question, response) => (turns++ < 2 ? send(response, {}, 503) : send(response, lettersOf(question)));
  expect((await chosen()).value).toBe(0.5);
});

describe("a server at fault is named, its key is not", () => {
  test.each([
    ["that refuses", (response: ServerResponse) => send(response, { error: "no such model" }, 404), "answers with HTTP 404: "],
    ["that speaks no JSON", (response: ServerResponse) => response.end("<html>"), "answers with no JSON: <html>"],
    [
      "without log-probabilities",
      (response: ServerResponse) => send(response, { choices: [{ text: "a" }] }),
      "answers without choices.0.logprobs",
    ],
    [
      "that redirects",
      (response: ServerResponse) => response.writeHead(302, { location: "file:///etc/passwd" }).end(),
      "does not answer",
    ],
    [
      "that floods",
      (response: ServerResponse) => response.end(Buffer.alloc(20 * 2 ** 20, 97)),
      "answers with more than 16777216 bytes",
    ],
  ])("one %s", async (_, respond, message) => {
    answer = (_question, response) => respond(response);
    const error = await chosen().catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toContain(message);
    expect(String(error)).toContain(endpoint);
    expect(String(error)).not.toContain("sk-test");
  });

  test("one that hangs", async () => {
    answer = () => {};
    await expect(chosen({}, { timeoutSeconds: 0.2 })).rejects.toThrow("did not answer within 0.2 s");
  });
});

test("an abort ends it with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  answer = () => controller.abort(reason);
  const request = {
    kind: "multiple-choice",
    model: "served",
    data: join(folder, "choices.jsonl"),
    source: { endpoint },
  } as const;
  await expect(evaluate({ ...request, signal: controller.signal })).rejects.toBe(reason);
});

test("what an endpoint cannot tell is refused", async () => {
  const request = { kind: "perplexity", model: "served", data: join(folder, "choices.jsonl"), source: { endpoint } } as const;
  await expect(evaluate(request)).rejects.toThrow(
    "An endpoint can answer multiple-choice, choice-ranking and exact-match, not perplexity.",
  );
});
