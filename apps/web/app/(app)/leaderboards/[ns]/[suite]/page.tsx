import type { Metadata } from "next";
import { readView } from "../../../../../features/leaderboards/board-view.ts";
import { LeaderboardPage } from "../../../../../features/leaderboards/leaderboard-page.tsx";

type Props = PageProps<"/leaderboards/[ns]/[suite]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: `${decodeURIComponent((await params).suite)} leaderboard` };
}

export default async function Page({ params, searchParams }: Props) {
  const { ns, suite } = await params;
  const view = readView(await searchParams);
  return <LeaderboardPage namespace={decodeURIComponent(ns)} suite={decodeURIComponent(suite)} view={view} />;
}
