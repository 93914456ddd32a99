// Draws a chart once and then only moves its lines; tells the kernel which marked part was pressed.
function render({ model, el }) {
  el.classList.add("ftw-live");
  const region = document.createElement("div");
  el.appendChild(region);

  const trace = () => {
    for (const [key, d] of Object.entries(model.get("lines"))) {
      region.querySelector(`[data-line="${CSS.escape(key)}"]`)?.setAttribute("d", d);
    }
    region.querySelector("svg")?.setAttribute("aria-label", model.get("label"));
  };
  const draw = () => {
    const held = region.contains(document.activeElement) ? document.activeElement.dataset.press : undefined;
    region.innerHTML = model.get("html");
    trace();
    if (held !== undefined) region.querySelector(`[data-press="${CSS.escape(held)}"]`)?.focus();
  };
  const pressed = (event) => {
    const part = event.target.closest("[data-press]");
    if (part && region.contains(part)) model.send({ type: "press", value: part.dataset.press });
  };
  const own = (event) => event.stopPropagation(); // the notebook's shortcuts stay out of our parts

  region.addEventListener("click", pressed);
  el.addEventListener("keydown", own);
  model.on("change:html", draw);
  model.on("change:lines", trace);
  model.on("change:label", trace);
  draw();
  model.send({ type: "shown" });
  return () => {
    model.off("change:html", draw);
    model.off("change:lines", trace);
    model.off("change:label", trace);
  };
}

export default { render };
