export { type Cholesky, cholesky, halfLogDeterminant, inverse, solve, solveLower, solveUpper } from "./cholesky.ts";
export { choleskyInPlace, solveInPlace } from "./cholesky-blocks.ts";
export {
  columnRange,
  identity,
  type Matrix,
  matrix,
  sideBySide,
  sumOfSquares,
  transpose,
  zeros,
} from "./matrix.ts";
export { gram, multiply, type Transposes } from "./multiply.ts";
export { type Qr, qr } from "./qr.ts";
export { energyFrom, numericalRank, rankForEnergy } from "./rank.ts";
export { type SymmetricEigen, symmetricEigen } from "./symmetric-eigen.ts";
export { type Svd, thinSvd } from "./thin-svd.ts";
export { type TruncatedSvd, type TruncatedSvdOptions, truncatedSvd } from "./truncated-svd.ts";
