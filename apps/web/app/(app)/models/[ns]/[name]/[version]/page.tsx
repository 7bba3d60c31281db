import { OverviewTab } from "../../../../../../features/versions/overview-tab.tsx";
import { refOf } from "../../../../../../features/versions/version-path.ts";

export default async function Page({ params }: PageProps<"/models/[ns]/[name]/[version]">) {
  return <OverviewTab versionRef={refOf(await params)} />;
}
