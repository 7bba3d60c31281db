"use client";
import type { CheckMergeQuery } from "../../gql/graphql.ts";
import { execute } from "../../lib/execute.ts";
import { type Latest, useLatest } from "../../lib/use-latest.ts";
import { CheckMergeDocument } from "./merge-documents.ts";

export type Check = CheckMergeQuery["checkMerge"];

export interface CheckState extends Omit<Latest<Check>, "answer"> {
  check: Check | null;
}

/** Pre-flight after each change of the recipe; null asks nothing. */
export function useCheck(recipe: Record<string, unknown> | null): CheckState {
  const { answer: check, ...state } = useLatest(recipe, ask);
  return { check, ...state };
}

async function ask(recipe: Record<string, unknown>, signal: AbortSignal): Promise<Check> {
  return (await execute(CheckMergeDocument, { recipe }, { url: "/graphql", signal })).checkMerge;
}
