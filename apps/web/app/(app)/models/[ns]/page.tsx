import type { Metadata } from "next";
import { readFilters } from "../../../../features/models/filters.ts";
import { ModelsPage } from "../../../../features/models/models-page.tsx";

type Props = PageProps<"/models/[ns]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).ns) };
}

export default async function Page({ params, searchParams }: Props) {
  return <ModelsPage filters={readFilters(await searchParams)} namespace={decodeURIComponent((await params).ns)} />;
}
