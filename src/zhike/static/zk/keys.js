/* The keyboard: one guard for input methods, and the shortcuts a page declares in its markup.

   data-shortcut="A"  on a link, button or field: pressing the letter clicks or focuses it
   data-go="W"        on a link: G, then the letter, opens it
   data-row           on a table row or list item: J and K move, Enter opens its first link, X ticks it
   data-next, data-previous   on a link of a detail page: J and K follow it */
(function () {
  "use strict";
  const zk = (window.zk = window.zk || {});
  const root = document.documentElement;
  const SEQUENCE_MS = 1200;
  let composing = false;
  let sequenceUntil = 0;

  /* True while a key belongs to an input method and not to the page. */
  zk.composing = (event) => composing || event.isComposing || event.keyCode === 229;

  function guard(event) {
    if (!zk.composing(event)) return;
    event.stopImmediatePropagation();
    if (event.key === "Enter" && event.type !== "input") event.preventDefault();
  }
  for (const type of ["keydown", "keypress", "keyup", "input"]) document.addEventListener(type, guard, true);
  document.addEventListener("compositionstart", () => { composing = true; }, true);
  document.addEventListener("compositionend", (event) => {
    composing = false;
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  }, true);
  document.addEventListener("submit", (event) => { if (composing) event.preventDefault(); }, true);

  const visible = (element) => element.getClientRects().length > 0 && !element.closest("[inert]");
  const find = (selector) => [...document.querySelectorAll(selector)].find(visible);
  /* As `find`, but from a row that J and K have come to never into another row. */
  function reach(selector, from) {
    const row = from.closest?.("[data-row]");
    const near = (element) => !row || (element.closest("[data-row]") || row) === row;
    return [...document.querySelectorAll(selector)].find((element) => visible(element) && near(element));
  }
  const typing = (element) =>
    element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && !/^(checkbox|radio|range)$/.test(element.type);

  function use(element) {
    if (!element) return false;
    if (typing(element)) { element.focus(); element.select?.(); } else element.click();
    return true;
  }

  function move(step) {
    const rows = [...document.querySelectorAll("[data-row]")].filter(visible);
    if (!rows.length) return use(find(step > 0 ? "[data-next]" : "[data-previous]"));
    const here = rows.indexOf(document.activeElement.closest?.("[data-row]"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, here + step))];
    next.tabIndex = -1;
    next.focus();
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  function onRow(event) {
    const row = event.target.matches?.("[data-row]") && event.target;
    if (!row) return false;
    if (event.key === "Enter") return use(row.querySelector("a[href]"));
    if (event.key.toLowerCase() === "x") return use(row.querySelector("input[type=checkbox]"));
    return false;
  }

  function withControl(event) {
    if (event.key.toLowerCase() === "k") { zk.openPalette?.(); return true; }
    if (event.key !== "Enter") return false;
    const form = event.target.closest?.("form") || reach("form[data-guard]", event.target);
    if (!form) return false;
    form.requestSubmit();
    return true;
  }

  function letter(event) {
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (sequenceUntil > Date.now()) {
      sequenceUntil = 0;
      return use(find(`[data-go="${CSS.escape(key)}"]`) || document.querySelector(`[data-go="${CSS.escape(key)}"]`));
    }
    if (key === "G") { sequenceUntil = Date.now() + SEQUENCE_MS; return true; }
    if (key === "J") return move(1);
    if (key === "K") return move(-1);
    if (key === "?") { zk.openCheatSheet?.(); return true; }
    if (key === "/") return use(find('[data-shortcut="/"]')) || (zk.openPalette?.(), true);
    return use(reach(`[data-shortcut="${CSS.escape(key)}"]`, event.target));
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return;
    let done = false;
    if (event.ctrlKey || event.metaKey) done = withControl(event);
    else if (typing(event.target) || document.querySelector("dialog[open]")) return;
    else done = onRow(event) || (root.dataset.shortcuts !== "off" && letter(event));
    if (done) event.preventDefault();
  });

  /* What this page offers beyond the general keys, for the cheat sheet. */
  zk.pageShortcuts = () => {
    const named = (element) => {
      const copy = element.cloneNode(true);
      for (const cap of copy.querySelectorAll("kbd")) cap.remove();
      return (element.getAttribute("aria-label") || element.labels?.[0]?.textContent || copy.textContent).trim();
    };
    return [...document.querySelectorAll("[data-shortcut]")].filter(visible)
      .map((element) => [element.dataset.shortcut, named(element)])
      .filter(([, name]) => name);
  };
})();
