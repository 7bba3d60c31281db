"use client";
import type { CheckMergeQuery } from "../../gql/graphql.ts";
import { execute } from "../../lib/execute.ts";
import { type Latest, useLatest } from "../../lib/use-latest.ts";
import type { toStatistics } from "./measure-draft.ts";
import { CheckMergeDocument } from "./merge-documents.ts";

export type Check = CheckMergeQuery["checkMerge"];

/** How the models are measured; null: as the server has it, or not at all. */
export type Statistics = ReturnType<typeof toStatistics>;

export interface CheckState extends Omit<Latest<Check>, "answer"> {
  check: Check | null;
}

/** Pre-flight after each change of the recipe; null asks nothing. */
export function useCheck(recipe: Record<string, unknown> | null, statistics: Statistics): CheckState {
  const { answer: check, ...state } = useLatest(recipe && { recipe, statistics }, ask);
  return { check, ...state };
}

async function ask(asked: { recipe: Record<string, unknown>; statistics: Statistics }, signal: AbortSignal): Promise<Check> {
  return (await execute(CheckMergeDocument, asked, { url: "/graphql", signal })).checkMerge;
}
