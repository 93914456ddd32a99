// Answers of a server, and a server half of which a test decides what it answers.
import { ServerConnection } from '@jupyterlab/services';

export const job = (id, facts = {}) => ({
  ...{ id, name: `flowers ${id}`, status: 'running', model: 'nano-2026-11', tuned_model: null },
  ...{ created_at: 1796059797, finished_at: null, step: 12, total_steps: 80, train_loss: 0.31, valid_loss: 0.4 },
  ...{ train: [[1, 2.1], [12, 0.31]], valid: [[12, 0.4]], seconds_left: 12.5, waiting: null, error: null },
  ...facts
});

export const tuned = id => ({ id, name: 'flowers 14:05', base: 'nano-2026-11', created_at: 1796059797, job_id: 'ftjob-1' });

export const overview = (jobs = [], models = []) => ({ version: '0.1.0', home: '/home/ada', jobs, models, files: [] });

export const json = (body, status = 200) => new Response(JSON.stringify(body), { status });

/** Settings of JupyterLab whose requests `answer(request)` answers; `asked` lists them. */
export function server(answer) {
  const asked = [];
  const fetch = async request => {
    asked.push(request);
    return answer(request);
  };
  const settings = ServerConnection.makeSettings({ baseUrl: 'http://hub/user/ada/', token: 'secret', fetch });
  return { settings, asked };
}

/** A stream that sends these pieces, then ends, or with `open` stays. */
export function stream(pieces, { open = false } = {}) {
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    start(controller) {
      pieces.forEach(piece => controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece));
      if (!open) {
        controller.close();
      }
    }
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}

/** Wait until something is so. */
export async function until(holds) {
  for (let i = 0; i < 400; i++) {
    if (holds()) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 5));
  }
  throw new Error(`never so: ${holds}`);
}

/** JupyterLab's translator where nothing is translated (its own cannot be loaded by node). */
const fill = (text, values) => text.replace(/%(\d)/g, (_, i) => values[i - 1]);
export const trans = {
  __: (text, ...values) => fill(text, values),
  _n: (one, many, n) => fill(n === 1 ? one : many, [n])
};
