-- CreateTable
CREATE TABLE "RunStatistic" (
    "runId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "statisticId" TEXT NOT NULL,

    CONSTRAINT "RunStatistic_pkey" PRIMARY KEY ("runId","position")
);

-- CreateTable
CREATE TABLE "StudyStatistic" (
    "studyId" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "statisticId" TEXT NOT NULL,

    CONSTRAINT "StudyStatistic_pkey" PRIMARY KEY ("studyId","position")
);

-- CreateIndex
CREATE INDEX "RunStatistic_statisticId_idx" ON "RunStatistic"("statisticId");

-- CreateIndex
CREATE INDEX "StudyStatistic_statisticId_idx" ON "StudyStatistic"("statisticId");

-- AddForeignKey
ALTER TABLE "RunStatistic" ADD CONSTRAINT "RunStatistic_runId_fkey" FOREIGN KEY ("runId") REFERENCES "Run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "RunStatistic" ADD CONSTRAINT "RunStatistic_statisticId_fkey" FOREIGN KEY ("statisticId") REFERENCES "Statistic"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyStatistic" ADD CONSTRAINT "StudyStatistic_studyId_fkey" FOREIGN KEY ("studyId") REFERENCES "Study"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "StudyStatistic" ADD CONSTRAINT "StudyStatistic_statisticId_fkey" FOREIGN KEY ("statisticId") REFERENCES "Statistic"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
