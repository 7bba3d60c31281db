import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { EndpointSource } from "../request.ts";

export interface CompletionServer extends EndpointSource {
  readonly model: string;
  readonly signal: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_SECONDS = 120;
const ATTEMPTS = 4;
/** An answer of a few thousand tokens with their log-probabilities is far below it. */
const MAX_ANSWER_BYTES = 16 * 2 ** 20;

const answerSchema = z.object({ choices: z.array(z.object({ text: z.string() })).min(1) });
const scoredSchema = z.object({
  choices: z
    .array(
      z.object({
        logprobs: z.object({
          tokens: z.array(z.string()),
          token_logprobs: z.array(z.number().nullable()),
          text_offset: z.array(z.int()),
        }),
      }),
    )
    .min(1),
});

/** What the model writes after a prompt at temperature 0. */
export async function complete(
  server: CompletionServer,
  question: { readonly prompt: string; readonly max_tokens: number; readonly stop: readonly string[] },
): Promise<string> {
  const { choices } = await ask(server, answerSchema, { ...question, temperature: 0 });
  return choices[0]?.text ?? "";
}

/** Σ log p of the tokens of `continuation` after `prompt`, from an answer that echoes both; a token across the seam counts. */
export async function logProbabilityOf(
  server: CompletionServer,
  prompt: string,
  continuation: string,
): Promise<{ sum: number; tokens: number }> {
  const question = { prompt: prompt + continuation, max_tokens: 1, echo: true, logprobs: 1, temperature: 0 };
  const { choices } = await ask(server, scoredSchema, question);
  const { tokens = [], token_logprobs: values = [], text_offset: offsets = [] } = choices[0]?.logprobs ?? {};
  let [sum, count] = [0, 0];
  tokens.forEach((token, index) => {
    const [begin = 0, value] = [offsets[index], values[index]];
    // max_tokens is 1 because some servers refuse 0: the token written after the echo is not asked for.
    if (begin + token.length <= prompt.length || begin >= prompt.length + continuation.length) return;
    if (value === null || value === undefined) return;
    sum += value;
    count += 1;
  });
  if (count === 0) throw new Error(`${server.endpoint} echoed no log-probabilities of the prompt, which multiple choice needs.`);
  return { sum, tokens: count };
}

/** Asks again when the server is busy or away; a key is never part of a message. */
async function ask<T>(server: CompletionServer, schema: z.ZodType<T>, question: object): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const answer = await post(server, question);
    if (answer.text !== null) return parse(server, schema, answer.text);
    if (attempt === ATTEMPTS) throw new Error(`${server.endpoint} does not answer: ${answer.reason}.`);
    await sleep(250 * 2 ** attempt, undefined, server.signal ? { signal: server.signal } : {});
  }
}

type Answer = { readonly text: string } | { readonly text: null; readonly reason: string };

async function post(
  { endpoint, key, model, signal, timeoutSeconds = DEFAULT_TIMEOUT_SECONDS }: CompletionServer,
  question: object,
): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  let response: Response;
  try {
    response = await fetch(`${endpoint.replace(/\/+$/, "")}/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify({ model, ...question }),
      redirect: "error",
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
    const text = await readBounded(response, endpoint);
    if (response.ok) return { text };
    if (response.status === 429 || response.status >= 500) return { text: null, reason: `HTTP ${response.status}` };
    throw new EndpointError(`${endpoint} answers with HTTP ${response.status}: ${text.slice(0, 300)}`);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EndpointError) throw error;
    if (timeout.aborted) throw new EndpointError(`${endpoint} did not answer within ${timeoutSeconds} s.`);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { text: null, reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

class EndpointError extends Error {}

async function readBounded(response: Response, endpoint: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body ?? []) {
    total += chunk.length;
    if (total > MAX_ANSWER_BYTES) throw new EndpointError(`${endpoint} answers with more than ${MAX_ANSWER_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse<T>({ endpoint }: CompletionServer, schema: z.ZodType<T>, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`${endpoint} answers with no JSON: ${text.slice(0, 100)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${endpoint} answers without ${issue?.path.join(".")}: ${issue?.message}.`);
}
