// Draws a chart once and then only moves its lines; tells the kernel which marked part was pressed.
const TEXT = 12; // pixels on the screen, however small the chart is
const TRACED = ["lines", "notes", "label"];

function render({ model, el }) {
  el.classList.add("ftw-live");
  const region = document.createElement("div");
  el.appendChild(region);

  const picture = () => region.querySelector("svg");
  const trace = () => {
    for (const [key, d] of Object.entries(model.get("lines"))) {
      region.querySelector(`[data-line="${CSS.escape(key)}"]`)?.setAttribute("d", d);
    }
    const notes = model.get("notes");
    for (const text of region.querySelectorAll("[data-note]")) {
      const [x, y, words] = notes[text.dataset.note] ?? [0, 0, ""];
      text.setAttribute("x", x);
      text.setAttribute("y", y);
      text.textContent = words;
    }
    picture()?.setAttribute("aria-label", model.get("label"));
  };
  const fit = () => {
    const wide = picture()?.getBoundingClientRect().width;
    if (!wide) return;
    picture().style.fontSize = `${(TEXT * picture().viewBox.baseVal.width) / wide}px`;
    // Each button stands under its diamond, or as far to the left of it as the next one needs; where there is no room, in rows.
    const buttons = [...region.querySelectorAll("[data-at]")];
    const needed = buttons.reduce((sum, button) => sum + button.offsetWidth + 4, 0);
    region.querySelector(".ftw-checkpoints")?.classList.toggle("ftw-in-rows", needed > wide);
    let edge = wide;
    for (const button of buttons.reverse()) {
      const half = button.offsetWidth / 2 + 2;
      const middle = Math.min(button.dataset.at * wide, edge - half);
      button.style.left = `${middle}px`;
      edge = middle - half;
    }
  };
  const draw = () => {
    const held = region.contains(document.activeElement) ? document.activeElement.dataset.press : undefined;
    region.innerHTML = model.get("html");
    trace();
    fit();
    if (held !== undefined) region.querySelector(`[data-press="${CSS.escape(held)}"]`)?.focus();
  };
  const pressed = async (event) => {
    const part = event.target.closest("[data-press]");
    if (part && region.contains(part)) model.send({ type: "press", value: part.dataset.press, values: await brought(model) });
  };
  const own = (event) => event.stopPropagation(); // the notebook's shortcuts stay out of our parts
  const sizes = new ResizeObserver(fit);

  region.addEventListener("click", pressed);
  el.addEventListener("keydown", own);
  sizes.observe(region);
  model.on("change:html", draw);
  for (const name of TRACED) model.on(`change:${name}`, trace);
  draw();
  model.send({ type: "shown" });
  return () => {
    sizes.disconnect();
    model.off("change:html", draw);
    for (const name of TRACED) model.off(`change:${name}`, trace);
  };
}

export default { render };
