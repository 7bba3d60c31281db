import { type Fault, Refusal, refusal } from "../failure.ts";
import { isTransient, networkFailure, request, TransientError, unauthorised, unreachable } from "./http.ts";
import type { Operation } from "./operation.ts";
import { retry } from "./retry.ts";
import type { Server } from "./server.ts";

interface GraphQLFailure {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFailure[];
}

export interface ExecuteOptions {
  readonly signal?: AbortSignal | undefined;
  /** Attempts while the server is away; 1 answers at once. */
  readonly attempts?: number;
}

const timeoutMs = 60_000;

/** Attempts amid a journey, where a restarting server is worth about 30 s of patience; the first question fails sooner. */
export const patience = 8;

/** Runs one typed operation; every failure is a refusal with a sentence for the user. */
export async function execute<Variables, Result>(
  server: Server,
  operation: Operation<Variables, Result>,
  variables: Variables,
  { signal, attempts = 3 }: ExecuteOptions = {},
): Promise<Result> {
  let answer: Answer;
  try {
    answer = await retry(() => post(server, operation.document, variables, signal), { attempts, signal, isTransient });
  } catch (error) {
    throw error instanceof TransientError ? unreachable(server, error.reason) : error;
  }
  if (answer.errors && answer.errors.length > 0) throw refusedBy(server, answer.errors);
  const parsed = operation.result.safeParse(answer.data);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refusal(
    "UNEXPECTED_ANSWER",
    `${server.url} answers in a form that this amalgam does not know (${issue?.path.join(".")}: ${issue?.message}). Use the same version of both.`,
  );
}

async function post(server: Server, query: string, variables: unknown, signal: AbortSignal | undefined): Promise<Answer> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const bounded = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const response = await request(server, "/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ query, variables }),
    signal: bounded,
  });
  if (response.status === 401) throw unauthorised(server);
  const text = await response.text().catch((error: unknown) => {
    throw networkFailure(error, bounded);
  });
  try {
    return JSON.parse(text) as Answer;
  } catch {
    if (response.status >= 500) throw new TransientError(`HTTP ${response.status}`);
    throw refusal(
      "NOT_AMALGAM",
      `${server.url} answers (HTTP ${response.status}), but not as an Amalgam server. Check the address.`,
    );
  }
}

function refusedBy(server: Server, errors: readonly GraphQLFailure[]): Error {
  if (errors.some((error) => error.extensions?.code === "UNAUTHENTICATED")) return unauthorised(server);
  return new Refusal(
    errors.map(({ message, path = [], extensions }) => ({
      code: extensions?.code ?? "graphql",
      message,
      path: path.map(String),
    })),
  );
}

/** The success arm of a result union; the other arm is thrown with its faults. */
export function accepted<Result extends { readonly __typename: string }>(
  result: Result,
): Exclude<Result, { readonly __typename: "RefusedError" }> {
  if (isRefused(result))
    throw new Refusal(result.faults.length > 0 ? result.faults : [{ code: "REFUSED", message: result.message, path: [] }]);
  return result as Exclude<Result, { readonly __typename: "RefusedError" }>;
}

const isRefused = (result: {
  readonly __typename: string;
}): result is { __typename: "RefusedError"; message: string; faults: readonly Fault[] } => result.__typename === "RefusedError";
