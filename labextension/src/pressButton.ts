/** A button that does nothing while what it started is still at work, or while the server is away; it keeps the focus then. */
import { element } from './element.js';

export class PressButton {
  readonly node = element('button');

  constructor(label: string, press: () => Promise<unknown>) {
    this.node.type = 'button';
    this.node.textContent = label;
    this.node.addEventListener('click', () => {
      if (this.working || !this.available) {
        return;
      }
      this.working = true;
      this.refresh();
      void press().finally(() => {
        this.working = false;
        this.refresh();
      });
    });
  }

  /** Switch it on or off. */
  setAvailable(available: boolean): void {
    this.available = available;
    this.refresh();
  }

  private refresh(): void {
    if (this.working || !this.available) {
      this.node.setAttribute('aria-disabled', 'true');
    } else {
      this.node.removeAttribute('aria-disabled');
    }
  }

  private working = false;
  private available = true;
}
