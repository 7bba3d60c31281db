import { RecipeTab } from "../../../../../../../features/versions/recipe-tab.tsx";
import { refOf } from "../../../../../../../features/versions/version-path.ts";

export default async function Page({ params }: PageProps<"/models/[ns]/[name]/[version]/recipe">) {
  return <RecipeTab versionRef={refOf(await params)} />;
}
