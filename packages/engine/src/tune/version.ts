/** Raised whenever `suggest` or `stopReason` answers differently for any history: a study is never continued under another one. */
export const tuneVersion = 1;
