-- At λ = 1 it is the version itself, unless its task vector was trimmed.
ALTER TABLE "Statistic" DROP CONSTRAINT "Statistic_lambda_check";
ALTER TABLE "Statistic" ADD CONSTRAINT "Statistic_lambda_check" CHECK (("baseId" IS NOT NULL OR "lambda" = 1) AND "lambda" > '-Infinity' AND "lambda" < 'Infinity');
