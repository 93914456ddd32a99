const button = document.querySelector('#pause'), updated = document.querySelector('#updated');
let going = true;
button.hidden = false;
button.addEventListener('click', () => {
  going = !going;
  button.textContent = going ? 'Stop updating' : 'Go on updating';
  updated.textContent = going ? 'Updates every 5 seconds.' : 'Stopped.';
});
setInterval(async () => {
  if (!going || document.hidden) return;
  try {
    const answer = await fetch(location.pathname, { cache: 'no-store' });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    document.querySelector('main').replaceWith(page.querySelector('main'));
    updated.textContent = 'Updated at ' + new Date().toLocaleTimeString() + '.';
  } catch { updated.textContent = 'The server does not answer; what you see is old.'; }
}, 5000);
