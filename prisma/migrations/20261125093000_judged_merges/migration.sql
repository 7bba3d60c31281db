-- CreateEnum
CREATE TYPE "StudyKind" AS ENUM ('SEARCH', 'BASELINES');

-- AlterTable
ALTER TABLE "Study" ADD COLUMN     "kind" "StudyKind" NOT NULL DEFAULT 'SEARCH';

-- A task without a search split can be judged on, as long as nothing is tuned there.
ALTER TABLE "StudyTask" DROP CONSTRAINT "StudyTask_splits_check";
