/** Why somebody stands at the sign-in, in words: what is wrong and what to do. */
export function reasonText(reason: string | undefined): string | null {
  if (!reason) return null;
  if (reason === "ended") return "This session has ended. Paste the token, or open the link again.";
  if (reason === "expired") return "This link has expired. Run amalgam up to print a new one, or paste the token.";
  if (reason === "signed-out") return null;
  return "This token is not known here. Copy it whole from the file access-token in the data directory.";
}
