// A field for a key. What is typed goes to the kernel once, with a press, as a message of its own: it is never a trait, so it
// is in no widget state, no output and no notebook file. The field is emptied before the message leaves, and as soon as
// another service or address is chosen: here on the page, however busy the kernel is.
let count = 0;

function render({ model, el }) {
  el.classList.add("ftw-press");
  const id = `ftw-key-${(count += 1)}`;
  const form = document.createElement("form");
  form.className = "ftw-key";
  form.innerHTML = `
    <div class="ftw-key-row"><label for="${id}">Key</label>
    <input id="${id}" type="password" autocomplete="off" spellcheck="false" autocapitalize="off"
           data-lm-suppress-shortcuts="true" title="It goes to the kernel and stays there until the kernel stops. It is not saved with the notebook."></div>
    <div class="ftw-key-buttons"><button type="submit" class="jupyter-widgets jupyter-button widget-button">Use this key</button>
    <button type="button" name="test" class="jupyter-widgets jupyter-button widget-button mod-primary">Test the connection</button>
    <button type="button" name="stop" class="jupyter-widgets jupyter-button widget-button">Stop</button></div>`;
  el.appendChild(form);
  const input = form.querySelector("input");
  const [use, test, stop] = form.querySelectorAll("button");

  const draw = () => {
    const typed = input.value.trim() !== "", shown = model.get("shown");
    form.querySelector(".ftw-key-row").hidden = use.hidden = !shown;
    const free = model.get("ready") && !model.get("testing");
    use.disabled = !free || !typed;
    test.disabled = !free || !(typed || model.get("has_key"));
    stop.disabled = !model.get("testing");
  };
  const empty = () => {
    input.value = "";
    draw();
  };
  // The fields of the form, to read them in the same moment as the key.
  let fields = [];
  const watch = async () => {
    const ids = Object.keys(model.get("inputs"));
    const models = await Promise.all(ids.map((id) => model.widget_manager.get_model(id)));
    for (const [, part] of fields) part.off("change:index change:value", empty);
    fields = ids.map((id, i) => [id, models[i]]);
    for (const [, part] of fields) part.on("change:index change:value", empty);
  };
  const send = (type) => {
    const value = model.get("shown") ? input.value : "";
    empty();
    const inputs = model.get("inputs");
    model.send({ type, value, values: Object.fromEntries(fields.map(([id, part]) => [id, part.get(inputs[id])])) });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!use.disabled) send("use");
  });
  test.addEventListener("click", () => send("test"));
  stop.addEventListener("click", () => send("stop"));
  input.addEventListener("input", draw);
  const own = (event) => event.stopPropagation(); // the notebook's shortcuts and its clipboard stay out of the field
  for (const name of ["keydown", "keypress", "keyup", "copy", "cut", "paste"]) form.addEventListener(name, own);
  model.on("change", draw);
  model.on("change:inputs", watch);
  watch();
  draw();
  return () => {
    model.off("change", draw);
    model.off("change:inputs", watch);
    for (const [, part] of fields) part.off("change:index change:value", empty);
  };
}

export default { render };
