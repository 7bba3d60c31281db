-- CreateTable
CREATE TABLE "TunedOn" (
    "versionDigest" TEXT NOT NULL,
    "splitId" TEXT NOT NULL,
    "by" TEXT NOT NULL DEFAULT '',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TunedOn_pkey" PRIMARY KEY ("versionDigest","splitId")
);

-- CreateIndex
CREATE INDEX "TunedOn_splitId_idx" ON "TunedOn"("splitId");

-- CreateIndex
CREATE INDEX "Evaluation_splitId_idx" ON "Evaluation"("splitId");

-- AddForeignKey
ALTER TABLE "TunedOn" ADD CONSTRAINT "TunedOn_splitId_fkey" FOREIGN KEY ("splitId") REFERENCES "Split"("id") ON DELETE CASCADE ON UPDATE CASCADE;
