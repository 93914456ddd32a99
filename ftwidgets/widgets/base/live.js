// Draws what the kernel sends as HTML, announces it if asked to, and tells the kernel which marked part was pressed.
function render({ model, el }) {
  el.classList.add("ftw-live");
  const region = document.createElement("div");
  el.appendChild(region);

  const draw = () => {
    const held = place(region);
    const open = [...region.querySelectorAll("details")].map((part) => part.open);
    region.innerHTML = model.get("html");
    // A redrawn part keeps what the reader did: what was opened stays open, and the keyboard stays where it was.
    region.querySelectorAll("details").forEach((part, i) => open[i] && (part.open = true));
    for (const table of region.querySelectorAll("table")) letScroll(table);
    for (const part of region.querySelectorAll(".ftw-wide")) sizes.observe(part);
    held && region.querySelectorAll(held.among)[held.at]?.focus();
  };
  const announce = () => {
    const role = model.get("role");
    role ? region.setAttribute("role", role) : region.removeAttribute("role");
  };
  const pressed = (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy && region.contains(copy)) copyText(copy, region);
    const part = event.target.closest("[data-press]");
    if (part && region.contains(part)) model.send({ type: "press", value: part.dataset.press });
  };
  const own = (event) => event.stopPropagation(); // the notebook's shortcuts stay out of our parts
  // Only a part that does scroll is a stop for the keyboard.
  const sizes = new ResizeObserver((seen) => {
    for (const { target } of seen)
      target.scrollWidth > target.clientWidth + 1 ? target.setAttribute("tabindex", "0") : target.removeAttribute("tabindex");
  });

  region.addEventListener("click", pressed);
  el.addEventListener("keydown", own);
  model.on("change:html", draw);
  model.on("change:role", announce);
  announce(); // before the first text: a region that is there already is the one that gets announced
  draw();
  if (!document.documentElement.dataset.ftwKeys) {
    document.documentElement.dataset.ftwKeys = "kept";
    document.addEventListener("focusin", keepKeys);
  }
  model.send({ type: "shown" });
  return () => {
    sizes.disconnect();
    model.off("change:html", draw);
    model.off("change:role", announce);
  };
}

// In a form's lists and buttons, arrows and letters are no shortcuts of the notebook (which would go to the next cell, or delete one).
function keepKeys(event) {
  const panel = event.target.closest?.(".ftw-panel");
  if (!panel || panel.dataset.keys) return;
  panel.dataset.keys = "kept";
  panel.addEventListener("keydown", (pressed) => pressed.ctrlKey || pressed.metaKey || pressed.stopPropagation());
}

const STOPS = "a[href], button, summary, input, select, textarea, [tabindex]";

// Where the keyboard is: the part with the same value, else the same stop, counted from the top.
function place(region) {
  const now = document.activeElement;
  if (!now || !region.contains(now)) return null;
  const value = now.dataset.press;
  if (value !== undefined) return { among: `[data-press="${CSS.escape(value)}"]`, at: 0 };
  return { among: STOPS, at: [...region.querySelectorAll(STOPS)].indexOf(now) };
}

// A table that is wider than the page scrolls by itself, instead of everything around it.
function letScroll(table) {
  if (table.closest(".ftw-wide")) return;
  const around = document.createElement("div");
  around.className = "ftw-wide";
  table.replaceWith(around);
  around.appendChild(table);
}

async function copyText(button, region) {
  const scope = button.closest(".ftw-code") ?? region;
  const text = scope.querySelector(button.dataset.copy)?.textContent ?? "";
  button.setAttribute("aria-live", "polite");
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select the text and copy it by hand";
  }
}

export default { render };
