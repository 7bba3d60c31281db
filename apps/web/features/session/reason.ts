/** Why somebody stands at the sign-in, in words: what is wrong and what to do. */
export function reasonText(reason: string | undefined): string | null {
  if (!reason) return null;
  if (reason === "ended") return "This session has ended. Paste the token, or open the link again.";
  if (reason === "signed-out") return null;
  return "This token or link is not known here, or has expired. Copy the token whole from the file access-token in the data directory; amalgam up prints a new link.";
}
