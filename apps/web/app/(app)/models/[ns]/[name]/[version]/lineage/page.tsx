import { LineageTab } from "../../../../../../../features/lineage/lineage-tab.tsx";
import { refOf } from "../../../../../../../features/versions/version-path.ts";

export default async function Page({ params }: PageProps<"/models/[ns]/[name]/[version]/lineage">) {
  return <LineageTab versionRef={refOf(await params)} />;
}
