// A field for a key. What is typed goes to the kernel once, as a message of its own: it is never a trait, so it is in no
// widget state, no output and no notebook file. The field is emptied before the message leaves.
let count = 0;

function render({ model, el }) {
  el.classList.add("ftw-live");
  const id = `ftw-key-${(count += 1)}`;
  const form = document.createElement("form");
  form.className = "ftw-key";
  form.innerHTML = `
    <label for="${id}">Key</label>
    <input id="${id}" type="password" autocomplete="off" spellcheck="false" autocapitalize="off"
           data-lm-suppress-shortcuts="true" aria-describedby="${id}-help">
    <button type="submit">Use this key</button>
    <p class="ftw-help" id="${id}-help">It goes to the kernel once and is kept there until the kernel stops. It is not
    saved with the notebook.</p>`;
  el.appendChild(form);
  const input = form.querySelector("input");

  const submit = (event) => {
    event.preventDefault();
    const value = input.value;
    input.value = "";
    model.send({ type: "key", value });
  };
  const own = (event) => event.stopPropagation(); // the notebook's shortcuts and its clipboard stay out of the field

  form.addEventListener("submit", submit);
  const kept = ["keydown", "keypress", "keyup", "copy", "cut", "paste"];
  kept.forEach((name) => form.addEventListener(name, own));
}

export default { render };
