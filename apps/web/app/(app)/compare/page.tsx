import type { Metadata } from "next";
import { ComparePage } from "../../../features/compare/compare-page.tsx";
import { readChoice } from "../../../features/compare/comparison.ts";

export const metadata: Metadata = { title: "Compare" };

export default async function Page({ searchParams }: PageProps<"/compare">) {
  return <ComparePage choice={readChoice(await searchParams)} />;
}
