import type { TestStack } from "./stack.ts";

/** One GraphQL operation; faults of the transport or of the query fail the test. */
export async function ask<T>(stack: TestStack, query: string, variables: Record<string, unknown> = {}): Promise<T> {
  const response = await fetch(`${stack.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${stack.token}` },
    body: JSON.stringify({ query, variables }),
  });
  const body = (await response.json()) as { data?: T; errors?: readonly { message: string }[] };
  if (!body.data || body.errors) throw new Error(`${response.status} ${JSON.stringify(body.errors ?? body)}`);
  return body.data;
}

/** Asks again until `done` holds. */
export async function askUntil<T>(question: () => Promise<T>, done: (answer: T) => boolean, timeoutMs = 60_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await question();
    if (done(answer)) return answer;
    if (performance.now() > end) throw new Error(`still ${JSON.stringify(answer)} after ${timeoutMs / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
