import { headers } from "next/headers";
import { redirect } from "next/navigation";
import type { TypedDocumentString } from "../gql/graphql.ts";
import { ApiError, execute } from "./execute.ts";

export type Loaded<Result> = { ok: true; data: Result } | { ok: false; failure: ApiError };

/**
 * Asks the API for a server component, as the person who asked for the page. Failures come back as values,
 * because an exception would reach the page as "an error occurred" in a production build.
 */
export async function load<Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Loaded<Result>> {
  const cookie = (await headers()).get("cookie") ?? "";
  try {
    return { ok: true, data: await execute(document, variables, { url: `${apiUrl()}/graphql`, headers: { cookie } }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.kind === "unauthenticated") redirect("/sign-in?reason=ended");
    return { ok: false, failure: error };
  }
}

function apiUrl(): string {
  const url = process.env["API_URL"];
  if (!url) throw new Error("API_URL is not set. The local stack sets it; see .env.example.");
  return url.replace(/\/$/, "");
}
