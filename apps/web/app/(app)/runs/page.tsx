import type { Metadata } from "next";
import { readRunFilters } from "../../../features/runs/run-filters.ts";
import { RunsPage } from "../../../features/runs/runs-page.tsx";

export const metadata: Metadata = { title: "Runs" };

export default async function Page({ searchParams }: PageProps<"/runs">) {
  return <RunsPage filters={readRunFilters(await searchParams)} />;
}
