/* Fields for files speak the page's language: the browser's own button speaks the browser's.

   The field itself stays, laid unseen over ours, so that keyboard, label and dropped files work as ever. */
(function () {
  "use strict";
  const words = JSON.parse(document.getElementById("zk-words")?.textContent || "{}");
  const SHOWN = 3;

  function span(name, text) {
    const element = document.createElement("span");
    element.className = name;
    element.textContent = text;
    element.setAttribute("aria-hidden", "true");
    return element;
  }

  function chosen(input) {
    const names = [...input.files].map((file) => file.name);
    if (!names.length) return words.no_file;
    return names.length > SHOWN ? `${names.length} ${words.files}` : names.join(", ");
  }

  function dress(input) {
    if (input.closest(".zk-file")) return;
    const frame = document.createElement("div");
    frame.className = "zk-file";
    const names = span("zk-file-names", chosen(input));
    input.before(frame);
    frame.append(span("btn", words.choose), names, input);
    input.addEventListener("change", () => { names.textContent = chosen(input); });
  }

  function prepare(within) {
    for (const input of within.querySelectorAll(".zk-field input[type=file]")) dress(input);
  }

  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement || document));
  prepare(document);
})();
