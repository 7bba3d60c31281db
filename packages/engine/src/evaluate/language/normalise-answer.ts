export type AnswerComparison = "exact" | "case" | "squad";

/**
 * The form in which two answers are compared. exact: white space collapsed and trimmed; case: also NFKC and small letters;
 * squad: also without punctuation and the articles a, an, the, as in the SQuAD evaluation (Rajpurkar et al. 2016).
 */
export function normaliseAnswer(text: string, comparison: AnswerComparison): string {
  if (comparison === "exact") return collapse(text);
  const small = text.normalize("NFKC").toLowerCase();
  if (comparison === "case") return collapse(small);
  return collapse(small.replace(/[\p{P}\p{S}]/gu, "").replace(/\b(a|an|the)\b/g, " "));
}

const collapse = (text: string): string => text.replace(/\s+/g, " ").trim();
