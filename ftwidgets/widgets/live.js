// Draws what the kernel sends as HTML, announces it if asked to, and tells the kernel which marked part was pressed.
function render({ model, el }) {
  el.classList.add("ftw-live");
  const region = document.createElement("div");
  el.appendChild(region);

  const draw = () => {
    const held = region.contains(document.activeElement) ? document.activeElement.dataset.press : undefined;
    region.innerHTML = model.get("html");
    // A redrawn part keeps the keyboard: the same part is focused again.
    if (held !== undefined) region.querySelector(`[data-press="${CSS.escape(held)}"]`)?.focus();
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

  region.addEventListener("click", pressed);
  el.addEventListener("keydown", own);
  model.on("change:html", draw);
  model.on("change:role", announce);
  announce(); // before the first text: a region that is there already is the one that gets announced
  draw();
  model.send({ type: "shown" });
  return () => {
    model.off("change:html", draw);
    model.off("change:role", announce);
  };
}

async function copyText(button, region) {
  const text = region.querySelector(button.dataset.copy)?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select the text and copy it by hand";
  }
}

export default { render };
