import { EvaluationsTab } from "../../../../../../../features/versions/evaluations-tab.tsx";
import { refOf } from "../../../../../../../features/versions/version-path.ts";

export default async function Page({ params }: PageProps<"/models/[ns]/[name]/[version]/evaluations">) {
  return <EvaluationsTab versionRef={refOf(await params)} />;
}
