/* Shows a change at once: of the choices, and of any file that the letter is made from. Without it the button does the same. */
"use strict";

(() => {
  const page = document;
  const form = () => page.querySelector("form.choices");
  const live = page.querySelector(".live");
  const sheet = () => page.querySelector("main:not(.is-waiting)");
  let latest = 0;

  const say = (words, state) => {
    live.className = `live ${state}`;
    if (live.textContent !== words) live.textContent = words;
  };

  /* A frame is as high as what is in it; what is wider than the screen is said. */
  const fit = frame => {
    const inside = frame.contentDocument;
    if (!inside || !inside.body) return;
    const measure = () => {
      const root = inside.documentElement;
      frame.style.blockSize = `${Math.ceil(root.getBoundingClientRect().height) || root.scrollHeight}px`;
      const over = root.scrollWidth - Number(frame.dataset.width);
      const note = frame.closest("figure").querySelector(".wide");
      note.hidden = over <= 0;
      if (over > 0) note.textContent = `${over} pixels wider than the screen`;
    };
    measure();
    new ResizeObserver(measure).observe(inside.documentElement);
  };

  const settle = root => Promise.all([...root.querySelectorAll("iframe")].map(frame => new Promise(done => {
    const ready = () => { fit(frame); done(); };
    const inside = frame.contentDocument;
    if (inside && inside.readyState === "complete" && inside.URL !== "about:blank") ready();
    else frame.addEventListener("load", ready, { once: true });
    setTimeout(done, 3000);
  })));

  const keepOpen = (from, to) => {
    for (const one of from.querySelectorAll("details[id]")) {
      const other = to.querySelector(`#${one.id}`);
      if (other) other.open = one.open;
    }
  };

  const swapForm = fresh => {
    const held = page.activeElement && form().contains(page.activeElement) ? page.activeElement : null;
    form().innerHTML = fresh.innerHTML;
    if (!held || !held.name) return;
    const same = [...form().elements].filter(one => one.name === held.name);
    (same.find(one => one.type !== "radio" || one.checked) || same[0])?.focus();
  };

  const swapStyle = fresh => {
    const style = page.querySelector('link[rel="stylesheet"]');
    if (!fresh || style.getAttribute("href") === fresh.getAttribute("href")) return;
    const next = page.importNode(fresh);
    next.addEventListener("load", () => style.remove());
    style.after(next);
  };

  /* The new letter is made ready out of sight, then takes the place of the old one: nothing flickers, nothing scrolls. */
  const show = async address => {
    const ticket = ++latest;
    let text;
    try {
      text = await (await fetch(address, { headers: { accept: "text/html" } })).text();
    } catch {
      return;
    }
    if (ticket !== latest) return;
    const fresh = new DOMParser().parseFromString(text, "text/html");
    if (!fresh.querySelector("main[data-state]") || !form()) return void location.reload();
    page.querySelector("main.is-waiting")?.remove();
    const next = page.importNode(fresh.querySelector("main"), true);
    next.className = "is-waiting";
    keepOpen(sheet(), next);
    page.querySelector(".sheets").append(next);
    await settle(next);
    if (ticket !== latest) return;
    const old = sheet();
    const top = [scrollX, scrollY];
    next.className = "";
    old.remove();
    scrollTo(...top);
    swapStyle(fresh.querySelector('link[rel="stylesheet"]'));
    swapForm(fresh.querySelector("form.choices"));
    page.title = fresh.title;
  };

  const build = () => {
    const said = new URLSearchParams();
    for (const [name, value] of new FormData(form())) {
      const usual = form().elements[name].closest?.("[data-default]") || form().querySelector(`[name="${name}"]`).closest("[data-default]");
      if (!usual || usual.dataset.default !== value) said.append(name, value);
    }
    const query = said.toString().replaceAll("%3A", ":");
    return query ? `/?${query}` : "/";
  };

  const listen = () => {
    const changes = new EventSource("/changes");
    changes.addEventListener("message", event => {
      say("Every change is shown at once.", "is-on");
      if (event.data !== sheet().dataset.state) show(location.href);
    });
    changes.addEventListener("error", () => say("The preview has stopped. Start it again: digest preview", "is-off"));
    addEventListener("pagehide", () => changes.close());
  };

  page.documentElement.classList.add("scripted");
  form().addEventListener("change", () => {
    const address = build();
    history.pushState(null, "", address);
    show(address);
  });
  form().addEventListener("submit", event => {
    event.preventDefault();
    show(location.href);
  });
  addEventListener("popstate", () => show(location.href));
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
  settle(page);
  listen();
})();
