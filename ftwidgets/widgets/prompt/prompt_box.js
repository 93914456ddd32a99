// A box for a prompt. Ctrl+Enter or Cmd+Enter presses the Send button of the form that it stands in; the arrow up in the empty
// box brings back what was sent last.
function render({ model, el }) {
  el.classList.add("ftw-prompt-box");
  const box = document.createElement("textarea");
  box.rows = 3;
  el.appendChild(box);
  let typed = -1; // when the last letter in the box was typed

  const draw = () => {
    const [draft, kept] = [model.get("draft"), model.get("kept")];
    const newest = draft.typed > kept.typed ? draft : kept;
    if (newest.typed >= typed) {
      typed = newest.typed;
      if (box.value !== newest.text) box.value = newest.text;
    }
    box.placeholder = model.get("placeholder");
    box.setAttribute("aria-label", model.get("label"));
  };
  const edited = () => (typed = Math.max(Date.now(), typed + 1));
  const save = () => {
    model.set("draft", { text: box.value, typed });
    model.save_changes();
  };
  const pressed = (event) => {
    if (event.key === "ArrowUp" && !box.value && model.get("sent")) {
      event.preventDefault();
      box.value = model.get("sent");
      edited();
      save();
    }
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault(); // in a notebook these keys run the cell
    event.stopPropagation();
    save();
    box.select(); // the next letters replace it, if they are quicker than the kernel, which empties the box
    el.closest(".ftw-ask")?.querySelector("button.ftw-send")?.click();
  };

  box.addEventListener("input", edited);
  box.addEventListener("change", save);
  box.addEventListener("keydown", pressed);
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

export default { render };
