// Draws what the kernel sends as HTML, announces it if asked to, and tells the kernel which marked part was pressed.
function render({ model, el }) {
  el.classList.add("ftw-live");
  const region = document.createElement("div");
  el.appendChild(region);
  const follow = newestFollower(el, region);

  const draw = () => {
    const held = place(region);
    const open = [...region.querySelectorAll("details")].map((part) => part.open);
    region.innerHTML = model.get("html");
    // A saved notebook that was opened without its kernel: its static view stays, and this form, in which nothing works, goes.
    if (el.classList.contains("jupyter-widgets-disconnected")) region.querySelector("style")?.remove();
    // A redrawn part keeps what the reader did: what was opened stays open, and the keyboard stays where it was.
    region.querySelectorAll("details").forEach((part, i) => open[i] && (part.open = true));
    for (const table of region.querySelectorAll("table")) letScroll(table);
    for (const part of region.querySelectorAll(".ftw-wide")) sizes.observe(part);
    const again = held && region.querySelectorAll(held.among)[held.at];
    again ? again.focus() : takeFocus(el, region);
    follow();
  };
  const announce = () => {
    const role = model.get("role");
    role ? region.setAttribute("role", role) : region.removeAttribute("role");
  };
  const pressed = async (event) => {
    const copy = event.target.closest("[data-copy], [data-copy-text]");
    if (copy && region.contains(copy)) copyText(copy, region);
    const part = event.target.closest("[data-press]");
    if (part && region.contains(part)) model.send({ type: "press", value: part.dataset.press, values: await brought(model) });
  };
  const own = (event) => {
    event.stopPropagation(); // the notebook's shortcuts stay out of our parts
    const keyed = !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat && partWithKey(region, event.key);
    if (keyed) {
      event.preventDefault();
      keyed.click();
    }
  };
  // Only a part that does scroll is a stop for the keyboard: a wide table, or all of it in a place of fixed height.
  const sizes = new ResizeObserver((seen) => {
    for (const { target } of seen) {
      const part = target === region ? el : target;
      const scrolls = part === el ? overflows(el) : part.scrollWidth > part.clientWidth + 1;
      scrolls ? part.setAttribute("tabindex", "0") : part.removeAttribute("tabindex");
    }
  });
  sizes.observe(region);

  region.addEventListener("click", pressed);
  el.addEventListener("keydown", own);
  const gone = () => tellGone(el);

  model.on("change:html", draw);
  model.on("change:role", announce);
  model.on("comm_live_update", gone);
  announce(); // before the first text: a region that is there already is the one that gets announced
  draw();
  if (!document.documentElement.dataset.ftwKeys) {
    document.documentElement.dataset.ftwKeys = "kept";
    document.addEventListener("focusin", keepKeys);
  }
  const placed = new ResizeObserver(() => {
    placed.disconnect();
    takeFocus(el, region);
    follow();
  });
  placed.observe(region);
  model.send({ type: "shown" });
  return () => {
    placed.disconnect();
    sizes.disconnect();
    model.off("change:html", draw);
    model.off("change:role", announce);
    model.off("comm_live_update", gone);
  };
}

// In a form's lists and buttons, arrows and letters are no shortcuts of the notebook (which would go to the next cell, or delete one).
function keepKeys(event) {
  const panel = event.target.closest?.(".ftw-panel");
  if (!panel || panel.dataset.keys) return;
  panel.dataset.keys = "kept";
  panel.addEventListener("keydown", (pressed) => pressed.ctrlKey || pressed.metaKey || pressed.stopPropagation());
}

// The kernel was restarted or stopped: what the panel shows is the last that it knew, and nothing in it works any more.
function tellGone(el) {
  const panel = el.closest(".ftw-panel:not(.ftw-panel .ftw-panel)");
  if (!panel || panel.classList.contains("ftw-dead")) return;
  panel.classList.add("ftw-dead");
  const line = document.createElement("p");
  line.className = "ftw-gone ftw-wrong";
  line.setAttribute("role", "alert");
  line.textContent = "The kernel was restarted: run this cell again. This is the last that was known.";
  panel.prepend(line);
  panel.querySelectorAll("progress").forEach((bar) => bar.removeAttribute("value") || (bar.hidden = true));
  for (const part of panel.querySelectorAll("input, select, textarea, button")) part.disabled = true;
}

// In a part that scrolls by itself, what is marked with `data-newest` is in view when it appears and while the text after it
// grows, until the reader scrolls. The page stays where it is: the part becomes no taller than the window has room for.
function newestFollower(el, region) {
  let key = null, following = false;
  for (const event of ["wheel", "touchmove", "pointerdown", "keydown"])
    el.addEventListener(event, () => (following = false), { passive: true });
  return () => {
    const newest = region.querySelector("[data-newest]");
    const now = newest && newest.dataset.newest + newest.textContent;
    if (now !== key) {
      if (now && el.clientHeight) el.style.setProperty("--ftw-room", `${roomFor(el)}px`);
      following = true;
      key = now;
    }
    if (newest && following) el.scrollTop = newest.getBoundingClientRect().top - region.getBoundingClientRect().top;
  };
}

// The height from the top of a part to the lower end of what is seen of the page.
function roomFor(el) {
  let bottom = window.innerHeight;
  for (let part = el.parentElement; part; part = part.parentElement) {
    const scrolls = part.scrollHeight > part.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(part).overflowY);
    if (scrolls) bottom = Math.min(bottom, part.getBoundingClientRect().bottom);
  }
  return Math.floor(bottom - el.getBoundingClientRect().top - 8);
}

function overflows(el) {
  return getComputedStyle(el).overflowY === "auto" && el.scrollHeight > el.clientHeight + 1;
}

const STOPS = "a[href], button, summary, input, select, textarea, [tabindex]";

// Where the keyboard is: the part with the same value, else the same stop, counted from the top.
function place(region) {
  const now = document.activeElement;
  if (!now || !region.contains(now)) return null;
  const value = now.dataset.press;
  const keys = now.dataset.keys; // what it sends may change from text to text, its keys do not
  if (keys !== undefined) return { among: `[data-keys="${CSS.escape(keys)}"]`, at: 0 };
  if (value !== undefined) return { among: `[data-press="${CSS.escape(value)}"]`, at: 0 };
  return { among: STOPS, at: [...region.querySelectorAll(STOPS)].indexOf(now) };
}

// A button with `data-keys="1 ArrowLeft"` is pressed by these keys, too, while the keyboard is in its part.
function partWithKey(region, key) {
  return [...region.querySelectorAll("[data-keys]")].find((part) => !part.disabled && part.dataset.keys.split(" ").includes(key));
}

// What is marked with `data-focus` gets the keyboard, unless somebody is writing elsewhere.
function takeFocus(el, region) {
  const part = region.querySelector("[data-focus]");
  const now = document.activeElement;
  const writing = now?.closest("input, textarea, select, .cm-editor") && !el.closest(".ftw-panel")?.contains(now);
  if (part && !region.contains(now) && !writing) part.focus();
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
  const text = button.dataset.copyText ?? scope.querySelector(button.dataset.copy)?.textContent ?? "";
  button.setAttribute("aria-live", "polite");
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select the text and copy it by hand";
  }
}

export default { render };
