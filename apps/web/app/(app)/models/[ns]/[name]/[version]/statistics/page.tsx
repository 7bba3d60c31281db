import { StatisticsTab } from "../../../../../../../features/statistics/statistics-tab.tsx";
import { refOf } from "../../../../../../../features/versions/version-path.ts";

export default async function Page({ params, searchParams }: PageProps<"/models/[ns]/[name]/[version]/statistics">) {
  const after = [(await searchParams)["after"]].flat()[0] ?? null;
  return <StatisticsTab versionRef={refOf(await params)} after={after} />;
}
