/* Tables on narrow screens: rows become cards whose values carry the head of their column (`tables.css`), and what
   still scrolls sideways shows at which edge more follows.

   Without this file a table scrolls inside its panel, as a matrix does with it. */
(function () {
  "use strict";
  const FEW = 3;
  const LONG = 24; // of half a card, in half-width characters

  function spread(row, tell) {
    let column = 0;
    for (const cell of row.cells) { tell(cell, column); column += cell.colSpan; }
    return column;
  }

  function words(cell) {
    const copy = cell.cloneNode(true);
    for (const hidden of copy.querySelectorAll(".zk-hidden, svg")) hidden.remove();
    return copy.textContent.trim();
  }

  const breadth = (text) => [...text].reduce((sum, sign) => sum + (sign > "\u2e7f" ? 2 : 1), 0);

  function broadest(cell, head) { // small print has lines of its own
    const copy = cell.cloneNode(true);
    const lines = [...copy.querySelectorAll("small")].map((line) => { line.remove(); return breadth(words(line)); });
    return Math.max(breadth(words(copy) + head), ...lines);
  }

  function stack(table) {
    const head = table.tHead?.rows[table.tHead.rows.length - 1];
    if (!head || table.matches(".zk-rights, .zk-heat, [data-stacks]")) return;
    const heads = [];
    const count = spread(head, (cell, column) => {
      heads[column] = words(cell);
      if (cell.querySelector("a")) cell.dataset.sorts = "";
    });
    if (count < FEW || (table.matches(".slim") && count === FEW)) return;
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).concat(table.tFoot ? [...table.tFoot.rows] : []);
    const wide = heads.map((name) => !name);
    for (const row of rows) {
      spread(row, (cell, column) => {
        if (cell.colSpan === 1 && broadest(cell, heads[column]) > LONG) wide[column] = true;
      });
    }
    for (const row of rows) {
      const tick = row.cells[0]?.querySelector("input[type=checkbox]") && !words(row.cells[0]);
      spread(row, (cell, column) => {
        if (tick && column === 0) cell.dataset.cell = "tick";
        else if (column === (tick ? 1 : 0)) cell.dataset.cell = "title";
        else {
          cell.dataset.cell = wide[column] || cell.colSpan > 1 ? "wide" : "half";
          if (cell.colSpan === 1 && heads[column] && words(cell)) cell.dataset.label = heads[column];
        }
        cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
      });
      row.setAttribute("role", "row");
    }
    table.setAttribute("role", "table");
    table.dataset.stacks = "";
  }

  function edge(area) {
    const left = area.scrollLeft > 1;
    const right = area.scrollLeft + area.clientWidth < area.scrollWidth - 1;
    area.dataset.more = [left && "before", right && "after"].filter(Boolean).join(" ");
  }

  const watcher = new ResizeObserver((seen) => seen.forEach((entry) => edge(entry.target)));

  function prepare(within) {
    for (const table of within.querySelectorAll(".zk-scroll > table")) stack(table);
    for (const area of within.querySelectorAll(".zk-scroll")) watcher.observe(area);
  }

  document.addEventListener("scroll", (event) => {
    if (event.target.matches?.(".zk-scroll")) edge(event.target);
  }, { capture: true, passive: true });
  document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement || document));
  prepare(document);
})();
