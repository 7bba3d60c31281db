import type { Metadata } from "next";
import { StudyPage } from "../../../../features/studies/study-page.tsx";

export const metadata: Metadata = { title: "Study" };

export default async function Page({ params }: PageProps<"/studies/[id]">) {
  return <StudyPage id={decodeURIComponent((await params).id)} />;
}
