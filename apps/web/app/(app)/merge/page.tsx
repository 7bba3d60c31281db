import type { Metadata } from "next";
import { WorkbenchPage } from "../../../features/merge/workbench-page.tsx";

export const metadata: Metadata = { title: "New merge" };

export default async function Page({ searchParams }: PageProps<"/merge">) {
  return <WorkbenchPage query={await searchParams} />;
}
