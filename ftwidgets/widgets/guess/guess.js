// A question with a field. Every letter goes to the kernel as a message of its own, at once: a trait's changes would wait
// for the kernel, and the next cell could run before the last letters are there.
let count = 0;

function render({ model, el }) {
  el.classList.add("ftw-live");
  const id = `ftw-guess-${(count += 1)}`;
  const form = document.createElement("form");
  form.className = "ftw-guess";
  form.innerHTML = `<label for="${id}"></label>
    <input id="${id}" type="text" maxlength="200" autocomplete="off" spellcheck="false" placeholder="your guess"
      data-lm-suppress-shortcuts="true">
    <button type="submit">Keep</button>`;
  el.appendChild(form);
  const input = form.querySelector("input");
  form.querySelector("label").textContent = model.get("question");
  input.value = model.get("value");

  const send = (type) => model.send({ type, value: input.value });
  const submit = (event) => {
    event.preventDefault();
    send("keep");
  };
  const refill = () => document.activeElement !== input && (input.value = model.get("value"));
  const own = (event) => event.stopPropagation(); // the notebook's shortcuts and its clipboard stay out of the field

  input.addEventListener("input", () => send("type"));
  input.addEventListener("change", () => send("keep")); // Enter, or the field is left
  form.addEventListener("submit", submit);
  ["keydown", "keypress", "keyup", "copy", "cut", "paste"].forEach((name) => form.addEventListener(name, own));
  model.on("change:value", refill);
  model.send({ type: "shown" });
  return () => model.off("change:value", refill);
}

export default { render };
