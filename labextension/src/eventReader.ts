/** Reads server-sent events from pieces of text, wherever they were cut. EventSource cannot send JupyterLab's token. */

export interface IServerEvent {
  name: string;
  data: string;
}

export class EventReader {
  /** Return the events that are complete with this piece. Comments and other fields are passed over. */
  push(piece: string): IServerEvent[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/); // a \r at the very end may be half of \r\n
    this.rest = lines.pop() ?? '';
    const found: IServerEvent[] = [];
    for (const line of lines) {
      if (line === '') {
        if (this.data.length) {
          found.push({ name: this.name || 'message', data: this.data.join('\n') });
        }
        this.name = '';
        this.data = [];
      } else if (line.startsWith('event:')) {
        this.name = line.slice(6).trim();
      } else if (line.startsWith('data:')) {
        this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
    }
    return found;
  }

  private rest = '';
  private name = '';
  private data: string[] = [];
}
