/** λ of a parent, or of each of its groups of tensors by their names. */
export type LambdaOf = number | Readonly<Record<string, number>>;

export const describeLambda = (lambda: LambdaOf, digits: number): string =>
  typeof lambda === "number"
    ? lambda.toFixed(digits)
    : Object.entries(lambda)
        .map(([group, value]) => `${group} ${value.toFixed(digits)}`)
        .join(", ");
