/* Runs before the first paint: the theme a person chose, else the system's. */
try {
  const chosen = localStorage.getItem("packshot.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* storage is closed: the system's theme it is */ }
