import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ObstacleError } from '../lib/api.js';
import { Feed } from '../lib/feed.js';
import { FineTuningModel } from '../lib/model.js';
import { job, overview, until } from './samples.mjs';

class Page extends EventTarget {
  hidden = false;

  show(shown) {
    this.hidden = !shown;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

/** A feed whose pauses pass at once and are noted; it stops after `limit` of them. */
function feed(api, { limit = 7, now } = {}) {
  const model = new FineTuningModel();
  const page = new Page();
  const pauses = [];
  const sleep = (seconds, signal) => {
    pauses.push(seconds);
    return pauses.length < limit ? Promise.resolve() : new Promise(resolve => signal.addEventListener('abort', resolve));
  };
  const made = new Feed({ api, model, page, sleep, now });
  return { made, model, page, pauses };
}

const forever = (_, signal) => new Promise((_, fail) => signal.addEventListener('abort', () => fail(new Error('aborted'))));

test('a server that is gone is asked after 1, 2, 4, 8, 16 and then every 30 seconds; the jobs stay', async () => {
  let answers = 0;
  const api = {
    overview: async () => {
      if (answers++ > 0) {
        throw new TypeError('Failed to fetch');
      }
      return overview([job('1')]);
    },
    follow: async () => {}
  };
  const { model, pauses } = feed(api);
  await until(() => pauses.length === 7);
  assert.deepEqual(pauses, [1, 2, 4, 8, 16, 30, 30]);
  assert.equal(model.connection, 'lost');
  assert.equal(model.jobs.length, 1);
});

test('a stream that lasted starts the pauses anew', async () => {
  let clock = 0;
  const api = { overview: async () => overview(), follow: async () => void (clock += 60) };
  const { model, pauses } = feed(api, { limit: 3, now: () => clock });
  await until(() => pauses.length === 3);
  assert.deepEqual(pauses, [1, 1, 1]);
  assert.equal(model.connection, 'live');
});

test('an obstacle is shown and not asked about again, until somebody wants it', async () => {
  let asked = 0;
  let obstacle = true;
  const api = {
    overview: async () => {
      asked++;
      if (obstacle) {
        throw new ObstacleError('older', '0.0.9');
      }
      return overview();
    },
    follow: forever
  };
  const { made, model, pauses } = feed(api);
  await until(() => model.connection === 'older');
  await new Promise(resolve => setTimeout(resolve, 30));
  assert.deepEqual([asked, pauses, model.version], [1, [], '0.0.9']);
  obstacle = false;
  made.connect();
  await until(() => model.connection === 'live');
});

test('a hidden page has no stream; shown again it has one, and says what it missed', async () => {
  let open = 0;
  let status = 'running';
  const api = {
    overview: async () => overview([job('1', { status })]),
    follow: (take, signal) => {
      open++;
      return forever(take, signal).finally(() => open--);
    }
  };
  const { made, model, page, pauses } = feed(api);
  const ended = [];
  model.ended.connect((_, one) => ended.push(one.id));
  await until(() => open === 1);
  page.show(false);
  await until(() => open === 0);
  assert.equal(model.connection, 'live');
  status = 'succeeded';
  page.show(true);
  await until(() => open === 1 && ended.length === 1);
  assert.deepEqual([ended, pauses], [['1'], []]);
  made.dispose();
  await until(() => open === 0);
});

test('what a stream brings after the page was hidden does not count', async () => {
  let bring;
  const api = {
    overview: async () => overview(),
    follow: take => new Promise(() => (bring = take))
  };
  const { model, page } = feed(api);
  await until(() => bring);
  page.show(false);
  bring(overview([job('1')]));
  assert.equal(model.jobs.length, 0);
});
