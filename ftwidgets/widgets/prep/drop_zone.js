// A card that takes one file: dropped on it, or chosen after a press. It goes to the kernel in parts, which pass any server's limit.
const PART = 1 << 20; // bytes

function render({ model, el }) {
  el.classList.add("ftw-live", "ftw-drop");
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Choose a file";
  const hint = document.createElement("span");
  hint.textContent = "or drop it here";
  const note = document.createElement("p");
  note.className = "ftw-soft";
  note.setAttribute("role", "status");
  const input = document.createElement("input");
  input.type = "file";
  input.hidden = true;
  el.append(button, hint, input, note);

  const draw = () => {
    input.accept = model.get("accept");
    note.textContent = model.get("note");
  };
  const take = async (files) => {
    const file = files[0];
    if (!file) return;
    if (files.length > 1) {
      note.textContent = `These are ${files.length} files. One at a time, please.`;
      return;
    }
    if (file.size > model.get("limit")) {
      note.textContent = `${file.name} is too large to upload. Put it beside the notebook, and choose "a file beside the notebook" above.`;
      return;
    }
    note.textContent = `Uploading ${file.name} ...`;
    const id = crypto.randomUUID?.() ?? String(Math.random());
    try {
      for (let at = 0; at === 0 || at < file.size; at += PART) {
        const part = await file.slice(at, at + PART).arrayBuffer();
        model.send({ type: "part", id, name: file.name, size: file.size }, undefined, [part]);
      }
    } catch {
      note.textContent = `${file.name} cannot be read. Is it a file, and not a folder?`;
    }
  };
  const over = (event) => {
    event.preventDefault();
    event.stopPropagation();
    el.classList.add("ftw-over");
  };
  const left = (event) => el.contains(event.relatedTarget) || el.classList.remove("ftw-over");
  const drop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    el.classList.remove("ftw-over");
    take(event.dataTransfer.files);
  };

  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    take([...input.files]);
    input.value = ""; // the same file can be chosen again
  });
  el.addEventListener("dragenter", over);
  el.addEventListener("dragover", over);
  el.addEventListener("dragleave", left);
  el.addEventListener("drop", drop);
  model.on("change", draw);
  draw();
  return () => model.off("change", draw);
}

export default { render };
