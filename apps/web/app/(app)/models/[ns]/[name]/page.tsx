import type { Metadata } from "next";
import { readFilters } from "../../../../../features/models/filters.ts";
import { ModelPage } from "../../../../../features/models/model-page.tsx";

type Props = PageProps<"/models/[ns]/[name]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: decodeURIComponent((await params).name) };
}

export default async function Page({ params, searchParams }: Props) {
  const { ns, name } = await params;
  const { after } = readFilters(await searchParams);
  return <ModelPage namespace={decodeURIComponent(ns)} name={decodeURIComponent(name)} after={after} />;
}
