import { Loading, Skeleton, SkeletonRows } from "../../../../../components/skeleton.tsx";
import { Card } from "../../../../../components/ui/card.tsx";

export default function BoardLoading() {
  return (
    <Loading label="Loading the leaderboard">
      <Skeleton className="h-7 w-44" />
      <Skeleton className="mt-3 h-4 w-96 max-w-full" />
      <Card className="mt-[18px] mb-3.5 h-[74px]">
        <span />
      </Card>
      <Card>
        <SkeletonRows rows={10} height={42} />
      </Card>
    </Loading>
  );
}
