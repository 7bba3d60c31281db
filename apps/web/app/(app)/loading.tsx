import { PageSkeleton } from "../../components/page-skeleton.tsx";

export default function PageLoading() {
  return <PageSkeleton />;
}
