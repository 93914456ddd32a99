// A button whose press brings what the fields hold. JupyterLab sends the changes of fields and the press in two queues, and
// holds changes back while the kernel works: without this, a quick press would act on the text before the last letters.
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
  const press = async () => {
    const typing = document.activeElement; // in Safari a press on a button does not end the typing in a field
    if (typing?.matches("input, textarea")) typing.dispatchEvent(new Event("change", { bubbles: true }));
    const values = {};
    for (const [id, name] of Object.entries(model.get("inputs"))) {
      try {
        values[id] = (await model.widget_manager.get_model(id)).get(name);
      } catch {
        // a field that is on no page has no other value than the kernel's
      }
    }
    model.send({ type: "press", values });
  };
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
