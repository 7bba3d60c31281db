import type { Metadata } from "next";
import { VersionFrame } from "../../../../../../features/versions/version-frame.tsx";
import { refOf } from "../../../../../../features/versions/version-path.ts";

type Props = LayoutProps<"/models/[ns]/[name]/[version]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: refOf(await params) };
}

export default async function VersionLayout({ params, children }: Props) {
  return <VersionFrame versionRef={refOf(await params)}>{children}</VersionFrame>;
}
