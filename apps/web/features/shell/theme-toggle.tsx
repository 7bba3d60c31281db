"use client";
import { Icon } from "../../components/icon.tsx";
import { IconButton } from "../../components/ui/button.tsx";
import { toggleTheme } from "./theme.ts";

export function ThemeToggle() {
  return (
    <IconButton label="Switch between light and dark" onClick={toggleTheme}>
      <Icon name="theme" />
    </IconButton>
  );
}
