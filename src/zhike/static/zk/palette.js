/* Ctrl K: pages of the navigation at once, records from the server as one types.

   What is typed may be a whole phone or ID number, so it is sent in a form and never stands in an address. */
(function () {
  "use strict";
  const zk = (window.zk = window.zk || {});
  const dialog = document.getElementById("zk-palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const pages = dialog.querySelector("[data-pages]");
  const found = dialog.querySelector("[data-found]");
  const nothing = dialog.querySelector("[data-nothing]");
  const source = dialog.dataset.source;
  const WAIT_MS = 200;
  let timer = 0;
  let asked = 0;

  const options = () => [...dialog.querySelectorAll("[role=option]")].filter((option) => !option.hidden);

  function select(option) {
    for (const other of dialog.querySelectorAll("[role=option]")) other.setAttribute("aria-selected", String(other === option));
    if (option) {
      option.id = option.id || `zk-option-${options().indexOf(option)}`;
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function refresh() {
    const all = options();
    for (const group of dialog.querySelectorAll("[role=group]")) {
      group.hidden = ![...group.querySelectorAll("[role=option]")].some((option) => !option.hidden);
    }
    nothing.hidden = all.length > 0;
    select(all[0]);
  }

  function filterPages(text) {
    const wanted = text.trim().toLowerCase();
    for (const option of pages.querySelectorAll("[role=option]")) {
      option.hidden = !option.textContent.toLowerCase().includes(wanted);
    }
  }

  async function ask(text) {
    const number = ++asked;
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers") || "{}") };
    const answer = await fetch(source, { method: "POST", headers, body: new URLSearchParams({ q: text }) });
    if (number !== asked || !answer.ok || answer.redirected) return;
    found.innerHTML = await answer.text();
    refresh();
    zk.announce(found.querySelector("[data-announce]")?.dataset.announce);
  }

  input.addEventListener("input", () => {
    const text = input.value;
    filterPages(text);
    clearTimeout(timer);
    if (source && text.trim()) timer = setTimeout(() => ask(text.trim()), WAIT_MS);
    else { asked++; found.replaceChildren(); }
    refresh();
  });

  dialog.addEventListener("keydown", (event) => {
    const all = options();
    const here = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") select(all[(here + 1) % all.length]);
    else if (event.key === "ArrowUp") select(all[(here - 1 + all.length) % all.length]);
    else if (event.key === "Enter") all[here]?.click();
    else return;
    event.preventDefault();
  });

  zk.openPalette = () => {
    if (dialog.open) return;
    input.value = "";
    found.replaceChildren();
    filterPages("");
    dialog.showModal();
    input.focus();
    refresh();
  };
  for (const opener of document.querySelectorAll("[data-palette]")) {
    opener.addEventListener("click", (event) => { event.preventDefault(); zk.openPalette(); });
  }
})();
