/* What every page needs: dialogs, toasts, announcements, focus after a swap, whole-table ticks.
   Everything works as plain links and forms without this file. */
(function () {
  "use strict";
  const zk = (window.zk = window.zk || {});
  const TOAST_MS = 10000;
  const words = JSON.parse(document.getElementById("zk-words")?.textContent || "{}");

  /* ---- announcements and toasts ---- */
  zk.announce = (text) => {
    const region = document.getElementById("zk-status");
    if (!region || !text) return;
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 50);
  };

  function expire(toast) {
    let timer = 0;
    const start = () => { timer = setTimeout(() => toast.remove(), TOAST_MS); };
    const stop = () => clearTimeout(timer);
    toast.addEventListener("mouseenter", stop);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("mouseleave", start);
    toast.addEventListener("focusout", start);
    start();
  }

  zk.toast = (text, tone = "") => {
    const region = document.getElementById("zk-toasts");
    if (!region) return;
    const toast = document.createElement("div");
    toast.className = `zk-toast ${tone}`.trim();
    const label = document.createElement("span");
    label.textContent = text;
    toast.append(label);
    region.append(toast);
    expire(toast);
  };

  /* ---- dialogs ---- */
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    const closer = event.target.closest("[data-closes]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.opens);
      if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
    }
    if (closer) { event.preventDefault(); closer.closest("dialog").close(); }
    if (event.target.tagName === "DIALOG") event.target.close();
    for (const menu of document.querySelectorAll("details.zk-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.zk-menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  zk.openCheatSheet = () => {
    const sheet = document.getElementById("zk-cheat-sheet");
    const own = sheet.querySelector("[data-own]");
    own.replaceChildren(...zk.pageShortcuts().flatMap(([key, name]) => {
      const term = document.createElement("dt");
      const cap = document.createElement("kbd");
      cap.textContent = key;
      term.append(cap);
      const text = document.createElement("dd");
      text.textContent = name;
      return [term, text];
    }));
    sheet.showModal();
  };

  /* ---- forms ---- */
  const AGAIN_MS = 3000;
  const SENDS = "button:not([type=button])";
  const free = (area) => { for (const button of area.querySelectorAll?.(`${SENDS}[aria-disabled=true]`) || []) button.removeAttribute("aria-disabled"); };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    setTimeout(() => {
      for (const button of form.querySelectorAll(SENDS)) button.setAttribute("aria-disabled", "true");
      if (event.defaultPrevented || !form.matches("[data-downloads]")) return;
      /* The answer is a file: the page stays, so the dialog closes here and the button comes back. */
      form.closest("dialog")?.close();
      form.closest(".zk-menu")?.removeAttribute("open");
      zk.toast(words.download);
      setTimeout(() => free(form), AGAIN_MS);
    });
  });
  window.addEventListener("pageshow", () => free(document));
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(".zk-menu[open]")) if (!menu.contains(event.target)) menu.removeAttribute("open");
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.(`${SENDS}[aria-disabled=true]`)) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-apply]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-check-all]")) {
      for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]")) box.checked = event.target.checked;
    }
    showBatch(event.target.closest("form, section"));
  });

  /* Choices with a field beside them (data-either): what was entered last counts. */
  document.addEventListener("input", (event) => {
    const others = [...(event.target.closest?.("[data-either]")?.querySelectorAll("input") || [])];
    const isChoice = event.target.type === "radio";
    for (const other of others.filter((input) => (input.type === "radio") !== isChoice)) {
      if (isChoice) other.value = "";
      else if (event.target.value) other.checked = false;
    }
  });

  function showBatch(area) {
    const bar = area?.querySelector("[data-batch]");
    if (!bar) return;
    const count = area.querySelectorAll("tbody input[type=checkbox]:checked").length;
    bar.hidden = count === 0;
    for (const place of bar.querySelectorAll("[data-count]")) place.textContent = count;
  }

  /* ---- weights: slider, number and total move together ---- */
  document.addEventListener("input", (event) => {
    const row = event.target.closest?.("[data-weight]");
    if (!row) return;
    for (const input of row.querySelectorAll("input")) if (input !== event.target) input.value = event.target.value;
    const slider = row.querySelector("input[type=range]");
    const share = (slider.value - slider.min) / (slider.max - slider.min);
    row.querySelector("rect.value")?.setAttribute("width", `${100 * share}%`);
    const board = row.closest("[data-weights]");
    if (!board) return;
    const total = [...board.querySelectorAll("input[type=number]")].reduce((sum, input) => sum + Number(input.value), 0);
    const place = board.querySelector("output");
    place.value = total;
    place.closest("[data-state]").dataset.state = total === Number(board.dataset.weights) ? "on" : "off";
  });

  /* ---- paper ---- */
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-prints]")) window.print();
  });

  /* The weights of a set in their proportions, as whole numbers that make up the whole: the largest rests round up. */
  document.addEventListener("click", (event) => {
    const board = event.target.closest?.("[data-balance]")?.closest("[data-weights]");
    if (!board) return;
    const inputs = [...board.querySelectorAll("input[type=number]")];
    const whole = Number(board.dataset.weights);
    const sum = inputs.reduce((total, input) => total + Number(input.value), 0);
    const exact = inputs.map((input) => (sum ? (Number(input.value) / sum) * whole : whole / inputs.length));
    const shares = exact.map(Math.floor);
    const byRest = exact.map((share, at) => [share - shares[at], at]).sort(([a], [b]) => b - a);
    const missing = whole - shares.reduce((total, share) => total + share, 0);
    for (const [, at] of byRest.slice(0, missing)) shares[at] += 1;
    inputs.forEach((input, at) => {
      input.value = shares[at];
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
  });

  /* ---- what must be filled in: our sentence in the browser's bubble, which speaks the browser's language ---- */
  document.addEventListener("invalid", (event) => {
    if (event.target.validity.valueMissing) event.target.setCustomValidity(words.required);
  }, true);
  document.addEventListener("input", (event) => {
    for (const field of event.target.form?.elements ?? []) field.setCustomValidity("");
  });

  /* ---- htmx ---- */
  function settle(event) {
    const area = event.detail.elt;
    const said = area.querySelector?.("[data-announce]")?.dataset.announce;
    zk.announce(said);
    for (const same of document.querySelectorAll("[data-announced]")) if (said) same.textContent = said;
    for (const toast of document.querySelectorAll("#zk-toasts .zk-toast:not([data-timed])")) {
      toast.dataset.timed = "";
      expire(toast);
    }
    if (area.closest?.("[data-quiet]")) return;
    const wrong = area.querySelector?.("[data-error-summary], [aria-invalid=true]");
    const lost = document.activeElement === document.body || !document.activeElement.isConnected;
    const place = wrong || (lost && area.querySelector?.("h1, h2"));
    if (!place) return;
    if (place.tabIndex < 0) place.tabIndex = -1;
    place.focus();
  }

  document.addEventListener("htmx:afterSettle", settle);
  document.addEventListener("htmx:responseError", () => zk.toast(words.failed, "danger"));
  document.addEventListener("htmx:sendError", () => zk.toast(words.offline, "danger"));
  document.addEventListener("htmx:afterRequest", (event) => free(event.target));
  document.addEventListener("zk:toast", (event) => zk.toast(event.detail.text, event.detail.tone));

  /* ---- start ---- */
  for (const toast of document.querySelectorAll("#zk-toasts .zk-toast")) { toast.dataset.timed = ""; expire(toast); }
  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();
})();
