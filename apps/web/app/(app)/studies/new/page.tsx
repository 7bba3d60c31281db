import type { Metadata } from "next";
import { NewStudyPage } from "../../../../features/studies/new/new-study-page.tsx";

export const metadata: Metadata = { title: "New study" };

export default async function Page({ searchParams }: PageProps<"/studies/new">) {
  return <NewStudyPage query={await searchParams} />;
}
