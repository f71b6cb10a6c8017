// Light, dark, outdoor: kept in a cookie so that the server draws it from the start.
import { $ } from "./dom.js";
import { t } from "./i18n.js";
import { say } from "./panel.js";

const ORDER = ["light", "dark", "sun"];

export function useTheme(theme) {
  document.documentElement.dataset.theme = theme;
  const path = new URL("./", document.baseURI).pathname;
  document.cookie = `citygrid_theme=${theme}; path=${path}; max-age=31536000; samesite=lax`;
}

export function startTheme(app) {
  const now = () => document.documentElement.dataset.theme;
  $("theme").addEventListener("click", () => {
    app.store.set({ th: ORDER[(ORDER.indexOf(now()) + 1) % ORDER.length] });
  });
  app.store.watch(["th"], async (state) => {
    useTheme(state.th || "light");
    say(t(`theme.${state.th || "light"}`));
    if (app.view.map) await app.view.changeTheme();
  });
}
