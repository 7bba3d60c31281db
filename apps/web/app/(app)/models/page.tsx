import type { Metadata } from "next";
import { readFilters } from "../../../features/models/filters.ts";
import { ModelsPage } from "../../../features/models/models-page.tsx";

export const metadata: Metadata = { title: "Models" };

export default async function Page({ searchParams }: PageProps<"/models">) {
  return <ModelsPage filters={readFilters(await searchParams)} />;
}
