// What the fields of the form hold now: a press brings it. JupyterLab sends the changes of fields and the press in two queues,
// and holds changes back while the kernel works: without this, a quick press would act on the text before the last letters.
// This file stands before press.js, live.js and live_chart.js, which call it.
async function brought(model) {
  const typing = document.activeElement; // in Safari a press on a button does not end the typing in a field
  if (typing?.matches("input, textarea")) typing.dispatchEvent(new Event("change", { bubbles: true }));
  const values = {};
  for (const [id, name] of Object.entries(model.get("inputs"))) {
    try {
      const field = await model.widget_manager.get_model(id);
      values[id] = name === "index" ? chosen(field) : field.get(name);
    } catch {
      // a field that is on no page has no other value than the kernel's
    }
  }
  return values;
}

// Of a menu, with the label: by the time of the press another choice may stand at that place in the kernel's menu.
function chosen(menu) {
  const index = menu.get("index");
  return { index, label: index === null ? null : menu.get("_options_labels")[index] };
}

