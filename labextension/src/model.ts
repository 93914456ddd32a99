/** What the page knows: jobs, tuned models, and whether the server answers. Panel, status bar and notifications look here. */
import { ISignal, Signal } from '@lumino/signaling';
import { Obstacle } from './api.js';
import { Action, applies, IJob, IOverview, isActive, ITunedModel, Point } from './overview.js';

/** `lost`: the server answered earlier, and is asked again. An obstacle stays until somebody does something about it. */
export type Connection = 'connecting' | 'live' | 'lost' | Obstacle;

export class FineTuningModel {
  /** Jobs, models or the connection have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A job that was seen unfinished has succeeded or failed. */
  get ended(): ISignal<this, IJob> {
    return this._ended;
  }

  /** Newest first. A job that has not changed is the same object as before. */
  get jobs(): readonly IJob[] {
    return this._jobs;
  }

  get models(): readonly ITunedModel[] {
    return this._models;
  }

  get connection(): Connection {
    return this._connection;
  }

  /** The version that the server half names, if it names one. */
  get version(): string | null {
    return this._version;
  }

  /** Take in what the server says. */
  update(overview: IOverview): void {
    const before = new Map(this._jobs.map(job => [job.id, job]));
    const beforeModels = new Map(this._models.map(model => [model.id, model]));
    const jobs = overview.jobs.map(job => keep(before.get(job.id), job));
    const models = overview.models.map(model => keep(beforeModels.get(model.id), model));
    const changed = differ(jobs, this._jobs) || differ(models, this._models) || this._connection !== 'live';
    this._jobs = jobs;
    this._models = models;
    this._connection = 'live';
    this._version = overview.version ?? null;
    if (changed) {
      this._changed.emit();
    }
    for (const job of jobs) {
      const earlier = before.get(job.id);
      if (earlier && unfinished(earlier) && (job.status === 'succeeded' || job.status === 'failed')) {
        this._ended.emit(job);
      }
    }
  }

  /** Take in that the server does not answer, or cannot be used. Jobs and models stay as they were last. */
  disconnect(connection: Connection, version: string | null = null): void {
    if (connection !== this._connection || version !== this._version) {
      this._connection = connection;
      this._version = version;
      this._changed.emit();
    }
  }

  /** Return the job of this id; without an id the newest to which the action applies. */
  find(action: Action, id?: string): IJob | undefined {
    return this._jobs.find(job => applies(action, job) && (id === undefined || job.id === id));
  }

  private _jobs: readonly IJob[] = [];
  private _models: readonly ITunedModel[] = [];
  private _connection: Connection = 'connecting';
  private _version: string | null = null;
  private _changed = new Signal<this, void>(this);
  private _ended = new Signal<this, IJob>(this);
}

function unfinished(job: IJob): boolean {
  return isActive(job) || job.status === 'paused';
}

/** Return the earlier object where the two say the same, so that whoever shows it need not look inside. */
function keep<T extends object>(earlier: T | undefined, now: T): T {
  return earlier && same(earlier, now) ? earlier : now;
}

function same(one: object, other: object): boolean {
  const left = one as Record<string, unknown>;
  const right = other as Record<string, unknown>;
  for (const name in right) {
    const [a, b] = [left[name], right[name]];
    if (a !== b && !(Array.isArray(a) && Array.isArray(b) && sameCurve(a, b))) {
      return false;
    }
  }
  return true;
}

/** A curve only grows at its end, so its length and its last point tell; comparing all points of 500 jobs takes too long. */
function sameCurve(one: Point[], other: Point[]): boolean {
  const [a, b] = [one[one.length - 1], other[other.length - 1]];
  return one.length === other.length && (!a || (a[0] === b[0] && a[1] === b[1]));
}

function differ<T>(one: readonly T[], other: readonly T[]): boolean {
  return one.length !== other.length || one.some((item, i) => item !== other[i]);
}
