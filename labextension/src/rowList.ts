/** A list that keeps one row for each id: what did not change is not touched, whatever comes and goes around it. */
import { element } from './element.js';

export interface IRow<T> {
  readonly node: HTMLElement;
  update(item: T): void;
  /** Switch on or off what asks the server. */
  setAvailable(available: boolean): void;
}

export class RowList<T extends { id: string }> {
  readonly node = element('ul', 'ftw-rows');

  constructor(private readonly make: (item: T) => IRow<T>) {
    this.node.setAttribute('role', 'list'); // Safari takes a list without bullets for none
  }

  update(items: readonly T[]): void {
    // First what has gone: a row that is still in the way would make all those behind it move.
    const ids = new Set(items.map(item => item.id));
    for (const [id, row] of this.rows) {
      if (!ids.has(id)) {
        row.node.remove();
        this.rows.delete(id);
      }
    }
    let next = this.node.firstElementChild;
    for (const item of items) {
      let row = this.rows.get(item.id);
      if (row) {
        row.update(item);
      } else {
        row = this.make(item);
        this.rows.set(item.id, row);
      }
      if (row.node === next) {
        next = next.nextElementSibling;
      } else {
        this.node.insertBefore(row.node, next);
      }
    }
  }

  setAvailable(available: boolean): void {
    this.rows.forEach(row => row.setAvailable(available));
  }

  private readonly rows = new Map<string, IRow<T>>();
}
