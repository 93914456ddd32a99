/** Makes elements. Text is always text: what a server says never becomes markup. */

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...content: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...content);
  return made;
}

/** Set the text of an element and hide it while there is none; touches the page only where something changes. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) {
    node.textContent = text;
  }
  node.hidden = text === '';
}

/** Make a button that does nothing while what it started is still at work, or while it is switched off. */
export function button(label: string, press: () => Promise<unknown>): HTMLButtonElement {
  const made = element('button', '', label);
  made.type = 'button';
  made.addEventListener('click', () => {
    if (made.getAttribute('aria-disabled') === 'true') {
      return;
    }
    made.setAttribute('aria-disabled', 'true');
    void press().finally(() => made.removeAttribute('aria-disabled'));
  });
  return made;
}
