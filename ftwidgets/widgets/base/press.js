// A button whose press brings what the fields of its form hold (brought.js).
function render({ model, el }) {
  el.classList.add("ftw-press");
  const button = document.createElement("button");
  button.type = "button";
  el.appendChild(button);

  const draw = () => {
    button.textContent = model.get("description");
    button.title = model.get("tooltip");
    button.disabled = model.get("disabled");
    const style = model.get("button_style");
    button.className = `jupyter-widgets jupyter-button widget-button${style ? ` mod-${style}` : ""}`;
    const expanded = model.get("expanded");
    expanded ? button.setAttribute("aria-expanded", expanded) : button.removeAttribute("aria-expanded");
    for (const name of model.get("classes").split(" ").filter(Boolean)) button.classList.add(name);
  };
  const press = async () => model.send({ type: "press", values: await brought(model) });
  const focus = (message) => message.type === "focus" && button.focus();

  button.addEventListener("click", press);
  model.on("change", draw);
  model.on("msg:custom", focus);
  draw();
  return () => {
    model.off("change", draw);
    model.off("msg:custom", focus);
  };
}

export default { render };
