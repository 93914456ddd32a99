/** What the server says: jobs, tuned models and files, as `GET /ftwidgets/overview` and the event stream send them. */

export type Status = 'validating_files' | 'queued' | 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled';

/** A point of a learning curve: step, loss. */
export type Point = [number, number];

export interface IJob {
  id: string;
  name: string;
  status: Status;
  model: string;
  tuned_model: string | null;
  created_at: number;
  finished_at: number | null;
  step: number;
  total_steps: number | null;
  train_loss: number | null;
  valid_loss: number | null;
  train: Point[];
  valid: Point[];
  seconds_left: number | null;
  /** How many jobs come before this one. */
  waiting: number | null;
  error: string | null;
}

export interface ITunedModel {
  id: string;
  name: string;
  base: string;
  created_at: number;
  job_id: string;
}

export interface IFile {
  id: string;
  filename: string;
  bytes: number;
  created_at: number;
  purpose: string;
}

export interface IOverview {
  version: string;
  home: string;
  jobs: IJob[];
  models: ITunedModel[];
  files: IFile[];
}

/** What can be done to a job. */
export type Action = 'cancel' | 'pause' | 'resume';

const ACTIONS: Record<Status, Action[]> = {
  validating_files: ['cancel'],
  queued: ['pause', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  succeeded: [],
  failed: [],
  cancelled: []
};

/** Return whether an action applies to a job in its present state. */
export function applies(action: Action, job: IJob): boolean {
  return (ACTIONS[job.status] ?? []).includes(action);
}

/** Return whether a job is waiting, being checked or training. */
export function isActive(job: IJob): boolean {
  return job.status === 'validating_files' || job.status === 'queued' || job.status === 'running';
}

/** Return the share of its steps that a job has made, 0 to 1, or null where that is not known. */
export function progress(job: IJob): number | null {
  return job.total_steps ? Math.min(1, job.step / job.total_steps) : null;
}

/** Return whether a server's answer has the shape that this version of the extension reads. */
export function isOverview(data: unknown): data is IOverview {
  const { jobs, models } = (data ?? {}) as Partial<IOverview>;
  const named = (item: unknown) => typeof (item as { id?: unknown } | null)?.id === 'string';
  return Array.isArray(jobs) && Array.isArray(models) && jobs.every(named) && models.every(named);
}
