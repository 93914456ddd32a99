// A box for a prompt. Ctrl+Enter or Cmd+Enter presses the Send button of the form that it stands in; the arrow up in the empty
// box brings back what was sent last.
function render({ model, el }) {
  el.classList.add("ftw-prompt-box");
  const box = document.createElement("textarea");
  box.rows = 3;
  el.appendChild(box);
  let typing = false; // letters were typed that the kernel does not know: what it sends then does not replace them

  const draw = () => {
    const value = model.get("value");
    if (typing) model.set("value", box.value);
    else if (value !== box.value) box.value = value;
    box.placeholder = model.get("placeholder");
    box.setAttribute("aria-label", model.get("label"));
  };
  const keep = () => {
    typing = true;
    model.set("value", box.value);
  };
  const save = () => {
    model.set("value", box.value);
    model.save_changes();
    typing = false;
  };
  const pressed = (event) => {
    if (event.key === "ArrowUp" && !box.value && model.get("sent")) {
      event.preventDefault();
      box.value = model.get("sent");
      save();
    }
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault(); // in a notebook these keys run the cell
    event.stopPropagation();
    model.set("value", box.value);
    typing = false;
    box.select(); // the next letters replace it, if they are quicker than the kernel, which empties the box
    el.closest(".ftw-ask")?.querySelector("button.ftw-send")?.click();
  };

  box.addEventListener("input", keep);
  box.addEventListener("change", save);
  box.addEventListener("keydown", pressed);
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

export default { render };
