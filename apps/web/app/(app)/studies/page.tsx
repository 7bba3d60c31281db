import type { Metadata } from "next";
import { StudiesPage } from "../../../features/studies/studies-page.tsx";

export const metadata: Metadata = { title: "Studies" };

export default async function Page({ searchParams }: PageProps<"/studies">) {
  return <StudiesPage after={[(await searchParams)["after"]].flat()[0] ?? null} />;
}
