/** Every shortcut, as the `?` list shows them. */
export const shortcutGroups = [
  {
    title: "Everywhere",
    items: [
      { keys: ["⌘K", "Ctrl K"], does: "Search and commands" },
      { keys: ["/"], does: "Filter this page" },
      { keys: ["n"], does: "New merge" },
      { keys: ["y"], does: "Copy the link to this view" },
      { keys: ["t"], does: "Light or dark" },
      { keys: ["?"], does: "This list" },
      { keys: ["Esc"], does: "Close the top layer" },
    ],
  },
  {
    title: "Go to",
    items: [
      { keys: ["g h"], does: "Home" },
      { keys: ["g m"], does: "Models" },
      { keys: ["g w"], does: "Merge" },
      { keys: ["g s"], does: "Studies" },
      { keys: ["g r"], does: "Runs" },
      { keys: ["g l"], does: "Leaderboards" },
    ],
  },
  {
    title: "Lists and versions",
    items: [
      { keys: ["j", "k"], does: "Next and previous row" },
      { keys: ["Enter"], does: "Open the row" },
      { keys: ["x"], does: "Choose a row of a leaderboard" },
      { keys: ["c"], does: "Compare what is chosen" },
      { keys: ["[", "]"], does: "Previous and next version" },
    ],
  },
] as const;
