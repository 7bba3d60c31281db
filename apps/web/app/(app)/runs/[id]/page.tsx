import type { Metadata } from "next";
import { RunPage } from "../../../../features/runs/run-page.tsx";

export const metadata: Metadata = { title: "Run" };

export default async function Page({ params }: PageProps<"/runs/[id]">) {
  return <RunPage id={decodeURIComponent((await params).id)} />;
}
