export type Theme = "light" | "dark";

export const themeCookie = "amalgam_theme";

export function readTheme(value: string | undefined): Theme | null {
  return value === "light" || value === "dark" ? value : null;
}

export const themeScript = `document.documentElement.dataset.theme=matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light"`;

/** Flips the theme of this page and remembers it for a year. */
export function toggleTheme(): void {
  const root = document.documentElement;
  const theme: Theme = root.dataset["theme"] === "dark" ? "light" : "dark";
  root.dataset["theme"] = theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${themeCookie}=${theme}; path=/; max-age=31536000; samesite=lax`;
}
