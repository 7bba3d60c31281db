import type { TypedDocumentString } from "../gql/graphql.ts";

export type FailureKind = "unauthenticated" | "unreachable" | "failed";

/** What went wrong while asking the API, in words a page can show. */
export class ApiError extends Error {
  readonly kind: FailureKind;
  constructor(kind: FailureKind, message: string) {
    super(message);
    this.name = "ApiError";
    this.kind = kind;
  }
}

export interface Target {
  url: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

interface Answer<Result> {
  data?: Result | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** The browser asks its own origin: the API is in front of these pages. */
const sameOrigin: Target = { url: "/graphql" };

/** The one door to the API. Faults a user can fix come back as data; everything else is thrown as an ApiError. */
export async function execute<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  target: Target = sameOrigin,
): Promise<Result> {
  const response = await post(document.toString(), variables, target);
  if (response.status === 401 || response.status === 403) {
    throw new ApiError("unauthenticated", "This session has ended. Sign in again.");
  }
  const answer = await readAnswer<Result>(response);
  const error = answer.errors?.[0];
  if (error?.extensions?.code === "UNAUTHENTICATED") throw new ApiError("unauthenticated", error.message);
  if (error) throw new ApiError("failed", error.message);
  if (!answer.data) throw new ApiError("failed", `The API answered ${response.status} without data.`);
  return answer.data;
}

async function post(query: string, variables: unknown, target: Target): Promise<Response> {
  try {
    return await fetch(target.url, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...target.headers },
      body: JSON.stringify({ query, variables }),
      cache: "no-store",
      ...(target.signal ? { signal: target.signal } : {}),
    });
  } catch (error) {
    if (target.signal?.aborted) throw error;
    throw new ApiError("unreachable", "The API does not answer.");
  }
}

async function readAnswer<Result>(response: Response): Promise<Answer<Result>> {
  try {
    return (await response.json()) as Answer<Result>;
  } catch {
    throw new ApiError("unreachable", `The API answered ${response.status} with something that is not JSON.`);
  }
}
