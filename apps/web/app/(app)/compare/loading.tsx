import { Loading, Skeleton, SkeletonRows } from "../../../components/skeleton.tsx";
import { Card } from "../../../components/ui/card.tsx";

export default function CompareLoading() {
  return (
    <Loading label="Loading the comparison">
      <Skeleton className="h-7 w-64" />
      <Skeleton className="mt-3 h-4 w-56" />
      <Card className="mt-[18px] mb-3.5 h-[78px]">
        <span />
      </Card>
      <Card>
        <SkeletonRows rows={7} height={42} />
      </Card>
    </Loading>
  );
}
