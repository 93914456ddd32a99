// A box for a prompt. Ctrl+Enter or Cmd+Enter presses the Send button of the form that it stands in.
function render({ model, el }) {
  el.classList.add("ftw-prompt-box");
  const box = document.createElement("textarea");
  box.rows = 3;
  el.appendChild(box);
  let sent = null; // the text as it was sent; while it stands there, the next letters replace it
  let repeated = null; // the kernel repeats what a press brought: letters typed meanwhile stay

  const draw = () => {
    const value = model.get("value");
    if (value === repeated && value !== box.value && document.activeElement === box) model.set("value", box.value);
    else if (value !== box.value) box.value = value;
    box.placeholder = model.get("placeholder");
    box.setAttribute("aria-label", model.get("label"));
  };
  const keep = () => {
    model.set("value", box.value);
    if (box.value !== sent) sent = null;
  };
  const save = () => {
    keep();
    model.save_changes();
  };
  const send = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault(); // in a notebook these keys run the cell
    event.stopPropagation();
    keep();
    repeated = box.value;
    el.closest(".ftw-ask")?.querySelector("button.ftw-send")?.click();
  };
  const offerToReplace = () => sent !== null && sent === box.value && box.select();
  const wasSent = (message) => {
    if (message.type !== "sent" || message.value !== box.value) return;
    sent = box.value;
    if (document.activeElement === box) offerToReplace();
  };
  const clicked = () => {
    offerToReplace();
    sent = null; // a second click puts the cursor where it points
  };

  box.addEventListener("input", keep);
  box.addEventListener("change", save);
  box.addEventListener("keydown", send);
  box.addEventListener("focus", offerToReplace);
  box.addEventListener("click", clicked);
  model.on("change", draw);
  model.on("msg:custom", wasSent);
  draw();
  return () => {
    model.off("change", draw);
    model.off("msg:custom", wasSent);
  };
}

export default { render };
