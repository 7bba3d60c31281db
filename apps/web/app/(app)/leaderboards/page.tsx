import type { Metadata } from "next";
import { SuitesPage } from "../../../features/leaderboards/suites-page.tsx";

export const metadata: Metadata = { title: "Leaderboards" };

export default function Page() {
  return <SuitesPage />;
}
