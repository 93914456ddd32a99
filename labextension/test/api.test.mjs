import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api } from '../lib/api.js';
import { job, json, overview, server, stream, tuned } from './samples.mjs';

const pathOf = request => new URL(request.url).pathname;

test('requests go under the base address of a hub, with the login', async () => {
  const { settings, asked } = server(() => json(overview([job('1')])));
  const answer = await new Api(settings).overview();
  assert.deepEqual(answer.jobs, [job('1')]);
  assert.equal(pathOf(asked[0]), '/user/ada/ftwidgets/overview');
  assert.equal(asked[0].headers.get('Authorization'), 'token secret');
});

test('an action is posted to the route of OpenAI, and a model deleted there; ids are escaped', async () => {
  const { settings, asked } = server(() => json({}));
  const api = new Api(settings);
  await api.act('cancel', 'ftjob-1');
  await api.act('pause', 'a/../b');
  await api.deleteModel('ft:nano:shop::1');
  assert.deepEqual(
    asked.map(request => `${request.method} ${pathOf(request)}`),
    [
      'POST /user/ada/ftwidgets/v1/fine_tuning/jobs/ftjob-1/cancel',
      'POST /user/ada/ftwidgets/v1/fine_tuning/jobs/a%2F..%2Fb/pause',
      'DELETE /user/ada/ftwidgets/v1/models/ft%3Anano%3Ashop%3A%3A1'
    ]
  );
});

test('what the server refuses is said in its own words', async () => {
  const { settings } = server(() => json({ error: { message: 'Job ftjob-1 has ended.' } }, 400));
  await assert.rejects(new Api(settings).act('cancel', 'ftjob-1'), { message: 'Job ftjob-1 has ended.' });
  const silent = server(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
  await assert.rejects(new Api(silent.settings).act('cancel', 'ftjob-1'), { message: '502 Bad Gateway' });
});

test('without the server half it is missing, with only a status it is older, and a 403 is told', async () => {
  const found = async (answer, call = api => api.overview()) => {
    const error = await call(new Api(server(answer).settings)).catch(caught => caught);
    return [error.obstacle, error.version];
  };
  const withStatus = request => (pathOf(request).endsWith('/status') ? json({ version: '0.0.9' }) : json({}, 404));
  assert.deepEqual(await found(() => json({}, 404)), ['missing', null]);
  assert.deepEqual(await found(withStatus), ['older', '0.0.9']);
  assert.deepEqual(await found(withStatus, api => api.follow(() => {})), ['older', '0.0.9']);
  assert.deepEqual(await found(() => json({}, 403)), ['forbidden', null]);
  assert.deepEqual(await found(() => json({ version: '9.0.0', tasks: [] })), ['older', '9.0.0']);
  assert.deepEqual(await found(() => new Response('<html>log in</html>')), ['older', null]);
});

test('an error of the server is none of these: it is tried again', async () => {
  const error = await new Api(server(() => json({}, 500)).settings).overview().catch(caught => caught);
  assert.equal(error.obstacle, undefined);
  assert.match(error.message, /^500/);
});

test('the stream is read wherever it is cut, also inside of a character, with either end of line', async () => {
  const first = overview([job('1', { name: 'Blumen für Ødegård 花' })], [tuned('ft:1')]);
  const text = `: hello\r\n\r\nevent: overview\r\ndata: ${JSON.stringify(first)}\r\n\r\nevent: other\ndata: 1\n\n: ping\n\n`;
  const bytes = new TextEncoder().encode(text + `event: overview\ndata:${JSON.stringify(overview())}\n\nevent: overview\ndata: cut`);
  for (const size of [1, 7, bytes.length]) {
    const pieces = [];
    for (let i = 0; i < bytes.length; i += size) {
      pieces.push(bytes.slice(i, i + size));
    }
    const { settings, asked } = server(() => stream(pieces));
    const taken = [];
    await new Api(settings).follow(next => taken.push(next));
    assert.deepEqual(taken, [first, overview()], `pieces of ${size}`);
    assert.equal(asked[0].headers.get('Accept'), 'text/event-stream');
  }
});

test('a stream on which nothing arrives for 45 seconds is given up, and one with comments is not', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let controller;
  const answer = request => {
    const body = new ReadableStream({ start: made => (controller = made) });
    request.signal.addEventListener('abort', () => controller.error(new Error('aborted')));
    return new Response(body);
  };
  let ended = false;
  const following = new Api(server(answer).settings).follow(() => {}).catch(() => (ended = true));
  const settle = () => new Promise(resolve => setImmediate(resolve));
  for (let i = 0; i < 3; i++) {
    await settle();
    controller.enqueue(new TextEncoder().encode(': ping\n\n'));
    await settle();
    t.mock.timers.tick(40_000);
  }
  await settle();
  assert.equal(ended, false);
  t.mock.timers.tick(5_000);
  await following;
  assert.equal(ended, true);
});

test('an action that is not answered fails after a minute, and says so', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const never = request => new Promise((_, fail) => request.signal.addEventListener('abort', () => fail(request.signal.reason)));
  const failing = assert.rejects(new Api(server(never).settings).act('cancel', 'ftjob-1'), /did not answer within 60 s/);
  await new Promise(resolve => setImmediate(resolve));
  t.mock.timers.tick(60_000);
  await failing;
});
