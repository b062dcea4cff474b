/* Entries not sent yet: a question before they are lost, and over a change of language or print they are kept.

   data-guard   on a form: leaving the page with changes in it, or after a refusal, asks first
   data-kept    on a form that may be left without a question and yet is kept: the one that signs in
   data-keeps   on the forms that draw the same page anew (language, print): changes wait in this tab and are filled
                in again, in the form that sends to the same address
   data-forgets on the form that signs out: what waited is forgotten, as it is wherever nobody is signed in

   Passwords, codes, files and hidden values are never kept, nor a form without data-guard or data-kept. */
(function () {
  "use strict";
  const NAME = "zhike-unsaved";
  const WAIT_MS = 10 * 60 * 1000;
  const NEVER = "[type=password], [type=file], [type=hidden], [type=submit], [type=button], [autocomplete=one-time-code]";
  const dirty = new Set();
  const sent = new Set();

  const KEPT = "form[data-guard], form[data-kept]";
  const forms = () => [...document.querySelectorAll(KEPT)];
  const REFUSED = "[data-error-summary], [aria-invalid=true], .zk-error";
  const refused = (form) => !sent.has(form) && (form.matches("[data-refused]") || form.querySelector(REFUSED));
  const fields = (form) => [...form.elements].filter((field) => field.name && !field.matches(NEVER));
  const address = (form) => new URL(form.action, location.href).pathname;
  const key = (form) => {
    const same = forms().filter((other) => address(other) === address(form));
    return `${address(form)} ${same.indexOf(form)}`;
  };

  const forget = () => sessionStorage.removeItem(NAME);

  function waiting() {
    const kept = JSON.parse(sessionStorage.getItem(NAME) || "null");
    return kept && Date.now() - kept.at < WAIT_MS ? kept.forms : {};
  }

  function value(field) {
    if (/^(checkbox|radio)$/.test(field.type)) return [field.value, field.checked];
    if (field.multiple) return [...field.selectedOptions].map((option) => option.value);
    return field.value;
  }

  function fill(field, kept) {
    if (/^(checkbox|radio)$/.test(field.type)) field.checked = kept[1];
    else if (field.multiple) for (const option of field.options) option.selected = kept.includes(option.value);
    else field.value = kept;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function keep() {
    const changed = forms().filter((form) => dirty.has(form) || refused(form));
    const kept = Object.fromEntries(changed.map((form) => [key(form), fields(form).map((field) => [field.name, value(field)])]));
    sessionStorage.setItem(NAME, JSON.stringify({ at: Date.now(), forms: { ...waiting(), ...kept } }));
    dirty.clear();
  }

  function restore() {
    const kept = waiting();
    for (const form of forms()) {
      const values = kept[key(form)];
      const names = values && fields(form).map((field) => field.name).join();
      if (!values || names !== values.map(([name]) => name).join()) continue;
      fields(form).forEach((field, place) => {
        fill(field, values[place][1]);
        const closed = field.closest("details:not([open])");
        if (closed) closed.open = true;
      });
      delete kept[key(form)];
    }
    if (Object.keys(kept).length) sessionStorage.setItem(NAME, JSON.stringify({ at: Date.now(), forms: kept }));
    else forget();
  }

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.(KEPT);
    if (!form) return;
    dirty.add(form);
    sent.delete(form);
  });
  document.addEventListener("submit", (event) => {
    dirty.delete(event.target);
    sent.add(event.target);
    if (event.target.matches("[data-keeps]")) keep();
    if (event.target.matches("[data-forgets]")) forget();
  });
  window.addEventListener("beforeunload", (event) => {
    const guarded = forms().filter((form) => form.matches("[data-guard]"));
    if (guarded.some((form) => dirty.has(form) || refused(form))) event.preventDefault();
  });
  document.addEventListener("htmx:load", restore);

  const isSignedIn = document.querySelector(".zk-shell");
  if (isSignedIn || document.querySelector("form[data-kept]")) restore();
  if (!isSignedIn) forget();
})();
