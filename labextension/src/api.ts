/** The calls to the server half. JupyterLab's own requests carry the login, and the base address of a hub. */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { EventReader } from './eventReader.js';
import { Action, IOverview, isOverview } from './overview.js';

/** Seconds after which a stream counts as broken: the server sends at least a comment every 15. */
const SILENCE = 45;
/** Seconds that one answer may take: a first start of the sandbox loads its models. */
const PATIENCE = 60;

/** Why the server half cannot be used, as long as nobody changes something. */
export type Obstacle = 'missing' | 'older' | 'forbidden';

export class ObstacleError extends Error {
  constructor(
    readonly obstacle: Obstacle,
    readonly version: string | null = null
  ) {
    super(`ftwidgets: the server half is ${obstacle}.`);
  }
}

export class Api {
  constructor(private readonly settings: ServerConnection.ISettings) {}

  /** Return jobs and models as they are now. */
  async overview(signal?: AbortSignal): Promise<IOverview> {
    const watch = new Watch(PATIENCE, signal);
    try {
      const response = await this.request('overview', { signal: watch.signal });
      if (!response.ok) {
        throw await this.explain(response, watch.signal);
      }
      return read(await response.text());
    } finally {
      watch.stop();
    }
  }

  /** Hand on each overview that the stream brings, until the server ends it. */
  async follow(take: (overview: IOverview) => void, signal?: AbortSignal): Promise<void> {
    const watch = new Watch(SILENCE, signal);
    try {
      const headers = { Accept: 'text/event-stream' };
      const response = await this.request('events', { signal: watch.signal, headers });
      if (!response.ok || !response.body) {
        throw await this.explain(response, watch.signal);
      }
      const events = new EventReader();
      const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece = await pieces.read(); !piece.done; piece = await pieces.read()) {
        watch.restart();
        for (const event of events.push(piece.value)) {
          if (event.name === 'overview') {
            take(read(event.data));
          }
        }
      }
    } finally {
      watch.stop();
    }
  }

  /** Cancel, pause or resume a job. */
  async act(action: Action, jobId: string): Promise<void> {
    await this.change(`v1/fine_tuning/jobs/${encodeURIComponent(jobId)}/${action}`, 'POST');
  }

  /** Delete a tuned model. */
  async deleteModel(modelId: string): Promise<void> {
    await this.change(`v1/models/${encodeURIComponent(modelId)}`, 'DELETE');
  }

  private async change(path: string, method: string): Promise<void> {
    const watch = new Watch(PATIENCE);
    try {
      const response = await this.request(path, { method, signal: watch.signal });
      if (!response.ok) {
        throw new Error(await message(response));
      }
    } finally {
      watch.stop();
    }
  }

  private request(path: string, init: RequestInit): Promise<Response> {
    return ServerConnection.makeRequest(URLExt.join(this.settings.baseUrl, 'ftwidgets', path), init, this.settings);
  }

  /** Make the error for an answer that is none: without a server half there is a 404, an older one has a status only. */
  private async explain(response: Response, signal: AbortSignal): Promise<Error> {
    if (response.status === 403) {
      return new ObstacleError('forbidden');
    }
    if (response.status !== 404) {
      return new Error(await message(response));
    }
    const status = await this.request('status', { signal });
    if (!status.ok) {
      return new ObstacleError('missing');
    }
    const { version } = await status.json().catch(() => ({}));
    return new ObstacleError('older', typeof version === 'string' ? version : null);
  }
}

/** Aborts when its time is over or when another signal does. */
class Watch {
  readonly signal: AbortSignal;

  constructor(
    private readonly seconds: number,
    private readonly outer?: AbortSignal
  ) {
    this.signal = this.controller.signal;
    outer?.addEventListener('abort', this.abort);
    if (outer?.aborted) {
      this.abort();
    }
    this.restart();
  }

  restart(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.abort, this.seconds * 1000);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.abort);
    this.abort(); // a stream that is not read to its end is closed
  }

  private readonly controller = new AbortController();
  private readonly abort = () => this.controller.abort(new Error(`The server did not answer within ${this.seconds} s.`));
  private timer: ReturnType<typeof setTimeout> | undefined;
}

function read(text: string): IOverview {
  let data: unknown = null;
  try {
    data = JSON.parse(text);
  } catch {
    // a page of a proxy, for example
  }
  if (!isOverview(data)) {
    const version = (data as { version?: unknown } | null)?.version;
    throw new ObstacleError('older', typeof version === 'string' ? version : null);
  }
  return data;
}

/** Return what an answer says is wrong: OpenAI's error body, Jupyter's, or the status. */
async function message(response: Response): Promise<string> {
  const body = await response.json().catch(() => null);
  const text = body?.error?.message ?? body?.message;
  return typeof text === 'string' && text ? text : `${response.status} ${response.statusText}`.trim();
}
