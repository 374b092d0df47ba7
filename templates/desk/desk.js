"use strict";

// Parts of a page that say where a newer state lies (data-refresh: an address, data-every: seconds) are replaced by it.
// Without script the same page has a link that loads it anew.
for (const part of document.querySelectorAll("[data-refresh]")) {
  const every = 1000 * Number(part.dataset.every || 3);
  const look = async () => {
    try {
      if (!document.hidden) {
        const answer = await fetch(part.dataset.refresh, { credentials: "same-origin", redirect: "error" });
        if (!answer.ok) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const found = fresh.getElementById(part.id);
        if (!found) return;
        part.replaceChildren(...found.childNodes);
        if (!("refresh" in found.dataset)) return location.reload();
      }
    } catch {
      return;
    }
    setTimeout(look, every);
  };
  setTimeout(look, every);
}
