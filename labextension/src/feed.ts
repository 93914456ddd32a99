/** Keeps the model up to date: one stream while the page is seen, asked for again with growing pauses when it breaks. */
import { Api, ObstacleError } from './api.js';
import { FineTuningModel } from './model.js';

/** Seconds before the first and the slowest attempt to connect again. */
const FIRST_PAUSE = 1;
const LONGEST_PAUSE = 30;

/** What the feed needs of a page. */
export interface IPage {
  readonly hidden: boolean;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
  removeEventListener(type: 'visibilitychange', listener: () => void): void;
}

export interface IFeedOptions {
  api: Pick<Api, 'overview' | 'follow'>;
  model: FineTuningModel;
  page?: IPage;
  /** Waits so many seconds, or until the signal aborts. */
  sleep?: (seconds: number, signal: AbortSignal) => Promise<void>;
  /** The time in seconds. */
  now?: () => number;
}

export class Feed {
  constructor(options: IFeedOptions) {
    this.api = options.api;
    this.model = options.model;
    this.page = options.page ?? document;
    this.sleep = options.sleep ?? sleep;
    this.now = options.now ?? (() => performance.now() / 1000);
    this.page.addEventListener('visibilitychange', this.onVisibility);
    this.onVisibility();
  }

  /** Connect at once, also after an obstacle. */
  connect(): void {
    this.stop();
    this.running = new AbortController();
    void this.run(this.running.signal);
  }

  /** Fetch what an action has changed, without waiting for the stream. */
  async refresh(): Promise<void> {
    try {
      this.model.update(await this.api.overview());
    } catch {
      // The stream notices by itself when the server has gone.
    }
  }

  dispose(): void {
    this.page.removeEventListener('visibilitychange', this.onVisibility);
    this.stop();
  }

  private readonly onVisibility = () => (this.page.hidden ? this.stop() : this.connect());

  private stop(): void {
    this.running?.abort();
  }

  private async run(signal: AbortSignal): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!signal.aborted) {
      const began = this.now();
      try {
        this.update(await this.api.overview(signal), signal);
        await this.api.follow(overview => this.update(overview, signal), signal);
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        if (error instanceof ObstacleError) {
          this.model.disconnect(error.obstacle, error.version);
          return;
        }
        this.model.disconnect('lost');
      }
      // A stream that lasted was a good one; a proxy that ends each at once is not asked every second.
      pause = this.now() - began > LONGEST_PAUSE ? FIRST_PAUSE : pause;
      await this.sleep(pause, signal);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  private update(overview: Parameters<FineTuningModel['update']>[0], signal: AbortSignal): void {
    if (!signal.aborted) {
      this.model.update(overview);
    }
  }

  private readonly api: IFeedOptions['api'];
  private readonly model: FineTuningModel;
  private readonly page: IPage;
  private readonly sleep: NonNullable<IFeedOptions['sleep']>;
  private readonly now: () => number;
  private running: AbortController | undefined;
}

function sleep(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal.addEventListener('abort', end);
  });
}
